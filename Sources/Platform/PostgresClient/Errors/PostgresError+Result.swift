import CLibPQ

extension PostgresError {
    /// From a result with status PGRES_FATAL_ERROR.
    init(result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else { return nil }
            return String(cString: text)
        }
        guard let state = field("C") else {
            // libpq's own, which all say that the connection is gone.
            self.init(.connectionUnavailable, "connection lost")
            return
        }
        let code: Code =
            switch state {
            case SQLState.queryCanceled, SQLState.lockNotAvailable: .timedOut
            default: PostgresError.endsSession(state) ? .connectionUnavailable : .server
            }
        self.init(
            code, SQLState.messageMayQuoteData(state) ? nil : field("M"), sqlState: state,
            constraint: field("n"), table: field("t"), column: field("c"))
        // The function's name, as 0A000 says many other things too.
        isStalePlan =
            state == SQLState.invalidStatementName
            || (state == SQLState.featureNotSupported && field("R") == "RevalidateCachedQuery")
    }

    /// Class 08 and what PostgreSQL says as it ends a session: shutdown, crash, idle timeout.
    static func endsSession(_ state: String) -> Bool {
        state.hasPrefix("08") || state.hasPrefix("57P") || state == "25P03" || state == "53300"
    }
}
