import HTTPTypes

/// One segment in the tree of templates.
final class RouteNode {
    private var literals: [(bytes: [UInt8], node: RouteNode)] = []
    private var parameter: RouteNode?
    private var rest: RouteNode?
    private var routes: [Route] = []

    /// Inserts a route; false where the tree has one with the same method and shape.
    func insert(_ route: Route, below segments: ArraySlice<RouteTemplate.Segment>) -> Bool {
        guard let segment = segments.first else {
            guard !routes.contains(where: { $0.method == route.method }) else { return false }
            routes.append(route)
            return true
        }
        return child(for: segment).insert(route, below: segments.dropFirst())
    }

    private func child(for segment: RouteTemplate.Segment) -> RouteNode {
        switch segment {
        case .literal(let bytes):
            if let known = literals.first(where: { $0.bytes == bytes }) { return known.node }
            let node = RouteNode()
            literals.append((bytes, node))
            return node
        case .parameter:
            let node = parameter ?? RouteNode()
            parameter = node
            return node
        case .rest:
            let node = rest ?? RouteNode()
            rest = node
            return node
        }
    }

    /// The route for a method. At every segment from the left a literal is tried before a parameter, and a parameter before a
    /// rest. Each node has one depth, and is visited at most once.
    func find(_ method: HTTPRequest.Method, _ path: RoutePath, at index: Int) -> Route? {
        guard index < path.count else { return routes.first { $0.method == method } }
        if let route = literal(path, at: index)?.find(method, path, at: index + 1) { return route }
        if let route = parameter?.find(method, path, at: index + 1) { return route }
        return rest?.find(method, path, at: path.count)
    }

    /// Collects the methods of all routes whose template matches.
    func methods(_ path: RoutePath, at index: Int, into methods: inout [HTTPRequest.Method]) {
        guard index < path.count else {
            for route in routes where !methods.contains(route.method) { methods.append(route.method) }
            return
        }
        literal(path, at: index)?.methods(path, at: index + 1, into: &methods)
        parameter?.methods(path, at: index + 1, into: &methods)
        rest?.methods(path, at: path.count, into: &methods)
    }

    private func literal(_ path: RoutePath, at index: Int) -> RouteNode? {
        for literal in literals where path.segment(index, equals: literal.bytes) { return literal.node }
        return nil
    }
}
