using ControlTower.Data.Db;
using ControlTower.Web.Auth;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Shared;

/// <summary>
/// One act at a time of one part of a page: a second click while it is under way does nothing. What goes wrong stands in <see cref="Wrong"/>, in words; nothing is half done then, for the acts of
/// the desks are single transactions. An act that wants its person to show anew that it is them waits for that, with the form as it is, and goes on.
/// </summary>
public sealed partial class ActGuard(ILogger<ActGuard> log, ProofPrompt proof)
{
    public bool IsBusy { get; private set; }

    /// <summary>What was wrong with the last act, by the act itself or because it failed; null while one is under way.</summary>
    public string? Wrong { get; set; }

    public async Task RunAsync(Func<Task> act)
    {
        if (IsBusy)
        {
            return;
        }

        (IsBusy, Wrong) = (true, null);
        try
        {
            await ProvenAsync(act);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // Whoever asked is gone, perhaps between the act and the look at what it did.
        }
        catch (UnauthorizedAccessException error)
        {
            Wrong = $"{error.Message} Nothing was changed.";
        }
        catch (ArgumentException error)
        {
            Wrong = error.Message.Split(" (Parameter")[0];
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            Failed(log, error);
            Wrong = "The database did not answer, so it is not certain whether that was done. Look before you try again.";
        }
        finally
        {
            IsBusy = false;
        }
    }

    // An act asks who acts before it does anything: what was refused for want of proof is simply done again.
    private async Task ProvenAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (ProofNeededException)
        {
            if (!await proof.AskAsync())
                throw;
            await act();
        }
    }

    [LoggerMessage(EventId = 3210, Level = LogLevel.Warning, Message = "An act ended without an answer of the database")]
    private static partial void Failed(ILogger log, Exception error);
}
