import EventLoop

// In a file of its own: TestSupport has a Deadline too, and the module's name is also a type's.
typealias RequestDeadline = Deadline
