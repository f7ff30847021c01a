using System.Data.Common;
using ControlTower.Web.Live;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Shared;

/// <summary>
/// Asks on behalf of one panel. When the database does not answer, the panel keeps what it had and says so; the rest of the page lives on. The first failure's time
/// and id stay until an answer comes.
/// </summary>
public sealed partial class PanelGuard(string what, TimeProvider clock, ILogger log)
{
    public Fault? Fault { get; private set; }

    /// <summary>True while the first answer is still missing.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>When the last answer came.</summary>
    public DateTimeOffset? AnsweredAt { get; private set; }

    /// <summary>Runs the question. False if it failed or was overtaken by a newer one.</summary>
    public async Task<bool> AskAsync(Func<Task> question)
    {
        try
        {
            await question();
            (Fault, IsEmpty, AnsweredAt) = (null, false, clock.GetUtcNow());
            return true;
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            return false; // Whoever asked is gone, perhaps between two questions.
        }
        catch (Exception error) when (error is DbException or TimeoutException or System.Net.Sockets.SocketException)
        {
            if (Fault is null)
            {
                Fault = new Fault($"{what} could not be read: the database did not answer.", clock.GetUtcNow(), Guid.NewGuid().ToString("N")[..8]);
                Failed(log, error, what, Fault.Id);
            }

            return false;
        }
    }

    [LoggerMessage(EventId = 3202, Level = LogLevel.Warning, Message = "{What} could not be read ({FaultId})")]
    private static partial void Failed(ILogger log, Exception error, string what, string faultId);

    private bool waits;

    /// <summary>
    /// Loads again after a change, but not more often than this: where things move all the time, every look costs the database something. Of changes that come while it waits, the last one is never left out.
    /// </summary>
    public async Task PacedAsync(TimeSpan atMostEvery, Func<Task> load, CancellationToken gone)
    {
        if (waits || gone.IsCancellationRequested)
        {
            return;
        }

        if (AnsweredAt is { } at && at + atMostEvery - clock.GetUtcNow() is { Ticks: > 0 } rest)
        {
            waits = true;
            await Task.Delay(rest, clock, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            waits = false;
        }

        await load();
    }
}
