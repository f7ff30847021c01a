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
    private RetryAdvice? askedAdvice;
    private bool askedMore;
    private EndingAsked? askedEnding;

    [Inject] private BatchDesk Batches { get; set; } = default!;

    private void Tick((long Id, bool Range) tick)
    {
        if (!MayRetry)
        {
            return;
        }

        if (tick.Range)
        {
            model.Ticks.Range(tick.Id, model.Ids);
        }
        else
        {
            model.Ticks.Toggle(tick.Id);
        }

        currentId = tick.Id;
    }

    private Task TickCurrentAsync(bool range)
    {
        if (currentId is { } id)
        {
            Tick((id, range));
            StateHasChanged();
        }

        return Task.CompletedTask;
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

    private Task RetryTickedAsync() => AskRetryAsync([.. model.Ticks.Ids], null, more: false);

    private async Task RetryCauseAsync()
    {
        var (all, more) = await model.WholeListAsync();
        await AskRetryAsync(all, null, more);
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
            await AskRetryAsync([id], advice, more: false);
        }
        else
        {
            await RetryAsync(new RetryAsked([id], BatchPlan.Standard, Guid.NewGuid()));
        }
    }

    private async Task AskRetryAsync(IReadOnlyCollection<long> ids, RetryAdvice? advice, bool more)
    {
        if (ids.Count > ExceptionsModel.MostAtOnce)
        {
            Snackbar.Add($"Choose at most {Say.Count(ExceptionsModel.MostAtOnce, Viewer?.Culture)} cases at once; {Say.Count(ids.Count, Viewer?.Culture)} are ticked.", Severity.Warning);
            return;
        }

        if (ids.Count > 0)
        {
            await GuardedAsync(async () => (askedSet, askedAdvice, askedMore) = (await model.FreezeAsync(ids), advice, more));
        }
    }

    /// <summary>One case is retried at once, more of them as a batch that goes on by itself.</summary>
    private Task RetryAsync(RetryAsked asked) => GuardedAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.ExceptionsRetry);
        var (words, done) = asked.Ids.Count == 1 ? await RetryOneAsync(asked.Ids, actor) : await StartBatchAsync(asked, actor);
        askedSet = null;
        model.Ticks.Remove(asked.Ids);
        Tell(words, done ? Severity.Success : Severity.Warning);
        await RefreshAsync();
    });

    private async Task<(string Words, bool Done)> RetryOneAsync(IReadOnlyList<long> id, Actor actor) =>
        (await Desk.RetryAsync(id, actor, gone.Token)).Frozen.Count == 0
            ? ("Nothing was retried: the case is being retried already, is closed, or cannot be retried.", false)
            : ("Retried, same posting key. The case closes when the target has it.", true);

    private async Task<(string Words, bool Done)> StartBatchAsync(RetryAsked asked, Actor actor)
    {
        var what = string.Join(" · ", [model.Cause?.Title ?? "Cases", .. query.Fields().Where(field => field.Wrong is null).Select(field => $"{field.Name} {field.Value}")]);
        if (await Batches.StartAsync(new NewBatch(asked.Key, asked.Ids, what, null, asked.Plan), actor, gone.Token) is not { } receipt)
        {
            return ("Nothing was started: none of these cases is open any more, or another batch has them.", false);
        }

        var left = receipt.Batch.LeftOut > 0 ? $" {Say.Count(receipt.Batch.LeftOut, Viewer?.Culture)} left out: not open any more, or in another batch." : "";
        return ($"Batch B-{receipt.Batch.Id} started with {Say.Count(receipt.Batch.Count, Viewer?.Culture)} cases. It goes on by itself, whoever looks." + left, true);
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

    private Task EndAsync((EndingAsked Asked, string Reason) end) => ActAsync([end.Asked.Case.Id], async (seen, actor) =>
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
