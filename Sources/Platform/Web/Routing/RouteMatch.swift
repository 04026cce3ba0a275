/// What a router says to a method and a path.
package enum RouteMatch {
    case found(Route, PathParameters)
    /// OPTIONS on a path that is there, or on the service as a whole, with the methods it takes.
    case options(allow: String)
    /// A path that is there, but not for this method.
    case methodNotAllowed(allow: String)
    case notFound
    /// A path that is not percent-encoded UTF-8.
    case malformed
    /// A method that the service knows nowhere.
    case unknownMethod
}
