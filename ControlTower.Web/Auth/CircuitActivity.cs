using System.Security.Claims;
using ControlTower.Data.Db;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace ControlTower.Web.Auth;

/// <summary>
/// Every event of a live page counts as activity and is checked against the session: a click on a page that was open before the sign-out
/// reaches no handler, and the page turns to the sign-in at once.
/// </summary>
/// <remarks>
/// <para>
/// Events go on one after the other, as they came, however long the check of one takes: a click must not overtake the text that was typed before it. The framework relies on that, too. It
/// takes the browser's receipts for what was rendered without a lock, for its hub hands on one message at a time; two receipts at once give the memory of one rendering back twice, and then the
/// pages of two people are written into one another.
/// </para>
/// <para>
/// A page with ten receipts missing is never rendered again. So a page whose events are kept back has to lose its person as well, and a database that cannot say keeps nothing back: every act
/// asks <see cref="CurrentActor"/>, which needs the database's word.
/// </para>
/// </remarks>
internal sealed class CircuitActivity(LiveSession live, SessionGate gate, TimeProvider clock) : CircuitHandler
{
    // Behind an event wait the receipts, too: longer, and the page would stand still.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock order = new();
    private Task before = Task.CompletedTask;
    private long? silent;

    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => context =>
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task earlier;
        lock (order)
        {
            (earlier, before) = (before, begun.Task);
        }

        return InTurnAsync(earlier, begun, () => next(context));
    };

    // The next one's turn comes when this one has begun, not when it has ended: an event may wait for an answer of the browser, which is an event itself.
    private async Task InTurnAsync(Task earlier, TaskCompletionSource begun, Func<Task> go)
    {
        var work = Task.CompletedTask;
        try
        {
            await earlier;
            if (await IsOpenAsync())
                work = go();
            else
                live.End();
        }
        finally
        {
            begun.SetResult();
        }

        await work;
    }

    private async Task<bool> IsOpenAsync()
    {
        if ((await live.GetAuthenticationStateAsync()).User.FindFirstValue(SignedIn.SessionClaim) is not { } session || (silent is { } since && clock.GetElapsedTime(since) < SessionGate.Remembered))
            return true;
        try
        {
            if (await gate.WhoAsync(session).WaitAsync(Patience, clock) is null)
                return false;
            await gate.TouchAsync(session).WaitAsync(Patience, clock);
            silent = null;
            return true;
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            // What came meanwhile does not wait for another silence each.
            silent = clock.GetTimestamp();
            return true;
        }
    }
}
