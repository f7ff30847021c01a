namespace ControlTower.Sync.Telemetry;

/// <summary>
/// An error as the log may tell it: what kind it was and where. Its words are left out: those of a parser or of the database quote what was being worked on, and that names customers.
/// </summary>
internal sealed class WordlessError(Exception error) : Exception(error.GetType().Name)
{
    public override string? StackTrace => error.StackTrace;

    public override string ToString() => string.Join("\n---- caused by ", Chain(error).Select(e => $"{e.GetType().FullName}\n{e.StackTrace}"));

    private static IEnumerable<Exception> Chain(Exception? outermost)
    {
        for (var one = outermost; one is not null; one = one.InnerException)
        {
            yield return one;
        }
    }
}
