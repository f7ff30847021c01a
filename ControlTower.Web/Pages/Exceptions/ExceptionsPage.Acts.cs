using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>What people do to cases. Each act asks for the permission again, takes the set that was shown, and ends with one message.</summary>
public sealed partial class ExceptionsPage
{
    private CaseSet? askedSet;
    private bool askedMore;
    private int moreAt = -1;

    /// <summary>What is ticked is the whole list, as far as one act may take it, and the list is longer.</summary>
    private bool TickedMore => moreAt == model.Ticks.Version;

    private async Task TickAsync((long Id, bool Range) tick)
    {
        if (!MayRetry)
        {
            return;
        }

        if (tick.Range)
        {
            await model.TickRangeAsync(tick.Id);
        }
        else
        {
            model.Ticks.Toggle(tick.Id);
        }

        currentId = tick.Id;
    }

    private async Task TickCurrentAsync(bool range)
    {
        if (currentId is { } id)
        {
            await TickAsync((id, range));
            StateHasChanged();
        }
    }

    private async Task TickAllAsync() => moreAt = await model.TickWholeAsync() ? model.Ticks.Version : -1;

    private async Task TickAllByKeyAsync()
    {
        await TickAllAsync();
        StateHasChanged();
    }

    /// <summary>r: the ticked rows if there are any, else the case one looks at.</summary>
    private Task RetryAsAskedAsync() => model.Ticks.Count > 0 ? RetryTickedAsync() : RetryCurrentAsync();

    private Task RetryTickedAsync() => AskRetryAsync([.. model.Ticks.Ids], TickedMore);

    private async Task RetryCauseAsync()
    {
        var (all, more) = await model.WholeListAsync();
        await AskRetryAsync(all, more);
    }

    private async Task RetryCurrentAsync()
    {
        if ((query.Case ?? currentId) is not { } id)
        {
            return;
        }

        if (model.Detail?.Row.Id != id)
        {
            await model.OpenCaseAsync(id);
        }

        if (model.Detail is not { } detail)
        {
            return;
        }

        var advice = CaseWording.Words(detail, Viewer ?? Shared.Viewer.Default).Retry;
        if (advice is RetryAdvice.Approves or RetryAdvice.WillNotHelp)
        {
            await AskRetryAsync([id], more: false);
        }
        else
        {
            await RetryAsync(new RetryAsked([id], BatchPlan.Standard, Guid.NewGuid()));
        }
    }

    private async Task AskRetryAsync(IReadOnlyCollection<long> ids, bool more)
    {
        if (FitsOneAct(ids.Count))
        {
            await GuardedAsync(async () => (askedSet, askedMore) = (await model.FreezeAsync(ids), more));
        }
    }

    /// <summary>One case is retried at once, more of them as a batch that goes on by itself.</summary>
    private Task RetryAsync(RetryAsked asked) => GuardedAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.ExceptionsRetry);
        // What was done before is not what u takes back from here on.
        last = null;
        var (words, done) = asked.Ids.Count == 1 ? await RetryOneAsync(asked.Ids, actor) : await StartBatchAsync(new BatchAsked(asked.Key, asked.Ids, BatchOrder.Retry, asked.Reason, asked.Plan), actor);
        askedSet = null;
        model.Ticks.Remove(asked.Ids);
        if (last is null)
        {
            Tell(words, done ? Severity.Success : Severity.Warning);
        }
        else
        {
            Offer(words, Severity.Success);
        }

        await RefreshAsync();
    });

    private async Task<(string Words, bool Done)> RetryOneAsync(IReadOnlyList<long> id, Actor actor)
    {
        var receipt = await Desk.RetryAsync(id, CaseDesk.UndoTime, actor, gone.Token);
        if (receipt.Frozen.Count == 0)
        {
            return ("Nothing was retried: the case is being retried already, is closed, or cannot be retried.", false);
        }

        if (receipt.Held.Count == 0)
        {
            return ("Retried: it is looked at once more.", true);
        }

        last = new Done(Clock.GetUtcNow(), Permissions.ExceptionsRetry, by => TakeBackAsync(receipt, by));
        return ($"Retried, same posting key. It goes out in {CaseDesk.UndoTime.TotalSeconds:0} s; the case closes when the target has it.", true);
    }

    private Task CallOffAsync() => GuardedAsync(async () =>
    {
        if (model.Detail?.Row is not { } row)
        {
            return;
        }

        var refusal = await Desk.CallOffAsync(new CaseSeen(row.Id, row.Version), await Actor.MustAsync(Permissions.ExceptionsRetry), gone.Token);
        Tell(refusal ?? "Called off: nothing went out, and the case is open as before.", refusal is null ? Severity.Success : Severity.Warning);
        await RefreshAsync();
    });

    private async Task<(string Words, bool Done)> TakeBackAsync(RetryReceipt retry, Actor actor) =>
        (await Desk.TakeBackAsync(retry, actor, gone.Token)).Count > 0
            ? ("Taken back: nothing went out, and the case is open as before.", true)
            : ("Nothing was taken back: it has gone out already.", false);

    private void Tell(string text, Severity severity)
    {
        announcement = text;
        Snackbar.Add(text, severity);
    }

    /// <summary>The page shows at once that something is under way; keys and clicks of the list do not draw it by themselves.</summary>
    private async Task GuardedAsync(Func<Task> act)
    {
        if (Acts.IsBusy)
        {
            return;
        }

        var acting = Acts.RunAsync(act);
        StateHasChanged();
        await acting;
        if (Acts.Wrong is { } wrong)
        {
            Snackbar.Add(wrong, Severity.Error);
        }

        StateHasChanged();
    }
}

/// <summary>What was confirmed: exactly these cases. The key is of the confirmation, so that a second click is the same one.</summary>
public sealed record RetryAsked(IReadOnlyList<long> Ids, BatchPlan Plan, Guid Key)
{
    /// <summary>Of more than one.</summary>
    public string? Reason { get; init; }
}
