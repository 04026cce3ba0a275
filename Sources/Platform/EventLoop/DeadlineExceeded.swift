/// What was waited for did not come in time.
package struct DeadlineExceeded: Error {
    package init() {}
}
