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
    private EndingAsked? askedEnding;

    [Inject] private BatchDesk Batches { get; set; } = default!;

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

    private async Task TickAllAsync()
    {
        askedMore = await model.TickWholeAsync();
    }

    private async Task TickAllByKeyAsync()
    {
        await TickAllAsync();
        StateHasChanged();
    }

    /// <summary>r: the ticked rows if there are any, else the case one looks at.</summary>
    private Task RetryAsAskedAsync() => model.Ticks.Count > 0 ? RetryTickedAsync() : RetryCurrentAsync();

    private Task RetryTickedAsync() => AskRetryAsync([.. model.Ticks.Ids], more: false);

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
        if (ids.Count > ExceptionsModel.MostAtOnce)
        {
            Snackbar.Add($"Choose at most {Say.Count(ExceptionsModel.MostAtOnce, Viewer?.Culture)} cases at once; {Say.Count(ids.Count, Viewer?.Culture)} are ticked.", Severity.Warning);
            return;
        }

        if (ids.Count > 0)
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
        var (words, done) = asked.Ids.Count == 1 ? await RetryOneAsync(asked.Ids, actor) : await StartBatchAsync(asked, actor);
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

    private async Task<(string Words, bool Done)> TakeBackAsync(RetryReceipt retry, Actor actor) =>
        (await Desk.TakeBackAsync(retry, actor, gone.Token)).Count > 0
            ? ("Taken back: nothing went out, and the case is open as before.", true)
            : ("Nothing was taken back: it has gone out already.", false);

    private async Task<(string Words, bool Done)> StartBatchAsync(RetryAsked asked, Actor actor)
    {
        var what = string.Join(" · ", [model.Cause?.Title ?? "Cases", .. query.Fields().Where(field => field.Wrong is null).Select(field => $"{field.Name} {field.Value}")]);
        if (await Batches.StartAsync(new NewBatch(asked.Key, asked.Ids, what, null, asked.Plan) { Pause = CaseDesk.UndoTime }, actor, gone.Token) is not { } receipt)
        {
            return ("Nothing was started: none of these cases is open any more, or another batch has them.", false);
        }

        var left = receipt.Batch.LeftOut > 0 ? $" {Say.Count(receipt.Batch.LeftOut, Viewer?.Culture)} left out: not open any more, or in another batch." : "";
        var at = Clock.GetUtcNow();
        last = new Done(at, Permissions.ExceptionsRetry, by => TakeBackAsync(receipt.Batch, at, by));
        return ($"Batch B-{receipt.Batch.Id} started with {Say.Count(receipt.Batch.Count, Viewer?.Culture)} cases. It sends from {CaseDesk.UndoTime.TotalSeconds:0} s on and goes on by itself, whoever looks." + left, true);
    }

    private async Task<(string Words, bool Done)> TakeBackAsync(FrozenBatch batch, DateTimeOffset at, Actor actor)
    {
        if (Clock.GetUtcNow() > at + CaseDesk.UndoTime)
        {
            return ($"Batch B-{batch.Id} is on its way: stop it there.", false);
        }

        // As it was made: whoever paused or stopped it since was first.
        var answer = await Batches.StopAsync(batch.Id, version: 1, actor, gone.Token);
        return (answer.Refusal ?? $"Taken back: batch B-{batch.Id} sends nothing, its {CasesWord(batch.Count)} are open as before.", answer.Refusal is null);
    }

    private void AskEnding(CaseEnding ending) => askedEnding = model.Detail is { Row.State: "open" } open ? new EndingAsked(open.Row, ending) : null;

    private async Task AskEndingAsync(CaseEnding ending)
    {
        if (currentId is { } id && model.Detail?.Row.Id != (query.Case ?? id))
        {
            await model.OpenCaseAsync(query.Case ?? id);
        }

        AskEnding(ending);
        StateHasChanged();
    }

    private Task EndAsync((EndingAsked Asked, string Reason) end) => ActAsync([end.Asked.Case], async (seen, actor) =>
    {
        askedEnding = null;
        return (await Hands.CloseAsync(seen, end.Asked.Ending, end.Reason, actor, gone.Token), $"{end.Asked.Ending switch { CaseEnding.Resolved => "resolved", CaseEnding.Skipped => "skipped", _ => "discarded" }}. The reason is in its history");
    }, Permissions.ExceptionsResolve);

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
public sealed record RetryAsked(IReadOnlyList<long> Ids, BatchPlan Plan, Guid Key);

/// <summary>A case that is about to be closed by hand, and how.</summary>
public sealed record EndingAsked(CaseRow Case, CaseEnding Ending);
