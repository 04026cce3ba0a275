/// A part of a worker, such as the relay of events. Confined to the worker's loop.
///
/// What it claims in the database, it claims under ``WorkerRegistration/id``. To add a part, list it in ``Worker``.
protocol WorkerService: AnyObject {
    /// Begins its work.
    func start()
    /// Claims nothing any more, and returns once all that is under way has ended, or soon after the calling task was cancelled.
    func drain() async
    /// Ends at once what is still under way.
    func stop()
    /// Other workers have freed all claims that this one had: it was silent for too long. What is under way may be done again by
    /// others, so it is cancelled where possible, and its outcome is not written.
    func claimsLost()
}

extension WorkerService {
    func start() {}
}

extension JobScheduler: WorkerService {}
