using ControlTower.Data.Audit;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>Acts on many cases: frozen when they are confirmed, carried out by a batch. And the closing of cases, one or many.</summary>
public sealed partial class ExceptionsPage
{
    private EndingAsked? askedEnding;

    [Inject] private BatchDesk Batches { get; set; } = default!;

    private async Task<(string Words, bool Done)> StartBatchAsync(BatchAsked asked, Actor actor)
    {
        var kind = asked.Order.Kind;
        var what = string.Join(" · ", [model.IsAll ? "All causes" : model.Cause?.Title ?? "Cases", .. query.Fields().Where(field => field.Wrong is null).Select(field => $"{field.Name} {field.Value}")]);
        var batch = new NewBatch(asked.Key, asked.Ids, what, asked.Reason, asked.Plan) { Pause = CaseDesk.UndoTime, Order = asked.Order };
        if (await Batches.StartAsync(batch, actor, gone.Token) is not { } receipt)
        {
            return ("Nothing was started: none of these cases is open any more, or another batch has them.", false);
        }

        var left = receipt.Batch.LeftOut > 0 ? $" {Say.Count(receipt.Batch.LeftOut, Viewer?.Culture)} left out: not open any more, or in another batch." : "";
        var at = Clock.GetUtcNow();
        last = new Done(at, BatchWords.Permission(kind), by => TakeBackAsync(receipt.Batch, kind, at, by));
        return ($"Batch B-{receipt.Batch.Id} started with {CasesWord(receipt.Batch.Count)}. It {BatchWords.Does(kind)} from {CaseDesk.UndoTime.TotalSeconds:0} s on and goes on by itself, whoever looks." + left, true);
    }

    private async Task<(string Words, bool Done)> TakeBackAsync(FrozenBatch batch, BatchKind kind, DateTimeOffset at, Actor actor)
    {
        if (Clock.GetUtcNow() > at + CaseDesk.UndoTime)
        {
            return ($"Batch B-{batch.Id} is on its way: stop it there.", false);
        }

        // As it was made: whoever paused or stopped it since was first.
        var answer = await Batches.StopAsync(batch.Id, version: 1, actor, gone.Token);
        return (answer.Refusal ?? $"Taken back: batch B-{batch.Id} {(kind is BatchKind.Retry ? "sends" : "changes")} nothing, its {CasesWord(batch.Count)} are as before.", answer.Refusal is null);
    }

    // The list is read again after the act, not in it: whoever sees what was started can take it back at once.
    private async Task BatchAsync(BatchAsked asked)
    {
        await GuardedAsync(async () =>
        {
            var actor = await Actor.MustAsync(BatchWords.Permission(asked.Order.Kind));
            last = null;
            var (words, done) = await StartBatchAsync(asked, actor);
            (askedEnding, askedAssign, askedSnooze) = (null, null, null);
            if (done)
            {
                model.Ticks.Remove(asked.Ids);
                Offer(words, Severity.Success);
            }
            else
            {
                Tell(words, Severity.Warning);
            }
        });
        await RefreshAsync();
    }

    private void AskEnding(CaseEnding ending) => askedEnding = model.Detail is { Row.State: "open" } open ? new EndingAsked(open.Row, ending) : null;

    /// <summary>The ticked rows if there are any, else the case one looks at.</summary>
    private async Task AskEndingAsync(CaseEnding ending)
    {
        if (model.Ticks.Count > 0)
        {
            IReadOnlyCollection<long> ticked = [.. model.Ticks.Ids];
            if (FitsOneAct(ticked.Count))
            {
                await GuardedAsync(async () => askedEnding = new EndingAsked(null, ending)
                {
                    Set = await model.FreezeAsync(ticked, ending is CaseEnding.Resolved ? BatchKind.Resolve : BatchKind.Discard), More = TickedMore,
                });
            }

            return;
        }

        if (currentId is { } id && model.Detail?.Row.Id != (query.Case ?? id))
        {
            await model.OpenCaseAsync(query.Case ?? id);
        }

        AskEnding(ending);
        StateHasChanged();
    }

    private Task EndAsync((EndingAsked Asked, string Reason) end)
    {
        var (asked, reason) = end;
        if (asked.Set is { } set)
        {
            return BatchAsync(new BatchAsked(asked.Key, set.Ids, new BatchOrder(asked.Ending is CaseEnding.Resolved ? BatchKind.Resolve : BatchKind.Discard), reason, BatchPlan.Act));
        }

        return asked.Case is not { } row ? Task.CompletedTask : ActAsync([row], async (seen, actor) =>
        {
            askedEnding = null;
            return (await Hands.CloseAsync(seen, asked.Ending, reason, actor, gone.Token), $"{asked.Ending switch { CaseEnding.Resolved => "resolved", CaseEnding.Skipped => "skipped", CaseEnding.Reissued => "worked under an id of its own", _ => "discarded" }}. The reason is in its history");
        }, Permissions.ExceptionsResolve);
    }

    private bool FitsOneAct(int count)
    {
        if (count > ExceptionsModel.MostAtOnce)
        {
            Snackbar.Add($"Choose at most {Say.Count(ExceptionsModel.MostAtOnce, Viewer?.Culture)} cases at once; {Say.Count(count, Viewer?.Culture)} are ticked.", Severity.Warning);
        }

        return count is > 0 and <= ExceptionsModel.MostAtOnce;
    }
}

/// <summary>What was confirmed for many cases: exactly these. The key is of the confirmation, so that a second click is the same one.</summary>
public sealed record BatchAsked(Guid Key, IReadOnlyList<long> Ids, BatchOrder Order, string? Reason, BatchPlan Plan);

/// <summary>What is about to be closed by hand, and how: one case, or else the frozen set of many.</summary>
public sealed record EndingAsked(CaseRow? Case, CaseEnding Ending)
{
    public CaseSet? Set { get; init; }

    /// <summary>The list was longer than one act may be.</summary>
    public bool More { get; init; }

    public Guid Key { get; } = Guid.NewGuid();
}
