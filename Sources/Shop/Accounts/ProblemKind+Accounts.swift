import Web

extension ProblemKind {
    package static let signInFailed = ProblemKind(
        .unauthorized, "sign_in_failed", "Sign-in failed",
        "The e-mail address or the password is wrong, the link was used or has expired, or the address is not confirmed yet. Which of "
            + "these it is, is not told.")
    package static let sessionEnded = ProblemKind(
        .unauthorized, "session_ended", "Session ended",
        "The refresh token cannot be used: the session has ended, or the token was used before. Sign in again.")
    package static let tooManySignIns = ProblemKind(
        .tooManyRequests, "too_many_sign_ins", "Too many sign-ins",
        "There were too many failed sign-ins. Wait for the seconds in `Retry-After`, or sign in with a mailed link.")
    package static let tooManyPasswords = ProblemKind(
        .serviceUnavailable, "too_many_passwords", "Busy",
        "Too many passwords are being checked at the moment. Try again after the seconds in `Retry-After`.")
    package static let accountsOff = ProblemKind(
        .serviceUnavailable, "accounts_off", "Accounts not set up", "The shop has no `JWT_SECRET`, so customers cannot sign in.")
    package static let invalidLink = ProblemKind(
        .unprocessableContent, "invalid_link", "Link not valid",
        "The token of the mail was used, has expired or does not exist. Ask for another mail.")
    package static let emailTaken = ProblemKind(
        .conflict, "email_taken", "Address in use", "Another account has this e-mail address.")
    package static let wrongPassword = ProblemKind(
        .forbidden, "wrong_password", "Wrong password",
        "The password that was sent is not the present password of the account, or the account has none.")
    package static let signInAgain = ProblemKind(
        .forbidden, "sign_in_again", "Sign in again",
        "The account has no password, so deleting it needs a sign-in of the last five minutes. Sign in again, and repeat the request."
    )
    package static let ordersUnderWay = ProblemKind(
        .conflict, "orders_under_way", "Orders under way",
        "Paid orders of the account, or of its e-mail address, have not arrived yet and need their address. `orders` has their numbers."
    )
    package static let tooManyAddresses = ProblemKind(
        .conflict, "too_many_addresses", "Too many addresses", "The account has as many addresses as it can have. Delete one.")
    package static let crossSite = ProblemKind(
        .forbidden, "cross_site", "Request of another site",
        "The refresh token came in a cookie, and a page of another site has sent the request.")
    package static let challengeRequired = ProblemKind(
        .forbidden, "challenge_required", "Proof needed",
        "Proof is needed that a person sends this request. Show the challenge of the shop's captcha service, and send the request again "
            + "with the answer in `X-Challenge-Response`.")
    package static let challengeUnavailable = ProblemKind(
        .serviceUnavailable, "challenge_unavailable", "Proof cannot be checked",
        "The shop's captcha service does not answer. Try again after the seconds in `Retry-After`, with a new answer.")

    package static let issuerUnavailable = ProblemKind(
        .serviceUnavailable, "issuer_unavailable", "Issuer not available",
        "The issuer of the access token does not answer, so the token cannot be checked. Try again after the seconds in "
            + "`Retry-After`.")

    static let accounts = [
        signInFailed, sessionEnded, tooManySignIns, tooManyPasswords, accountsOff, invalidLink, emailTaken, wrongPassword,
        signInAgain, ordersUnderWay, tooManyAddresses, crossSite, challengeRequired, challengeUnavailable, issuerUnavailable,
    ]
}
