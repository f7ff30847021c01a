using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using MudBlazor;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>What a person does to a plan. Each act answers in words; nothing is half done.</summary>
public sealed partial class PlanPage
{
    private const int MostOverlaps = 5;
    private const int Portion = 1_000;
    private const int MostLooked = 20_000;

    private Guid key = Guid.NewGuid();
    private PlanAsk? asked;
    private Finding? finding;
    private string reason = "";

    private int Seen => loaded?.Version ?? 0;

    private Task SaveAsync() => !editor.CanEdit || asked is not null ? Task.CompletedTask : Acts.RunAsync(async () =>
    {
        if (await StoreAsync())
        {
            Snackbar.Add("Saved.", Severity.Success);
        }
        else
        {
            // What is wrong in the step that is shown stands beside its field.
            Acts.Wrong ??= editor.Problems is [var first, ..] && !editor.WrongIn(query.Step).Any() ? $"Not stored. {PlanQuery.Of(first.Field)}: {first.Message}" : null;
        }
    });

    /// <summary>Stores what was typed. A first plan gets its address then.</summary>
    /// <param name="next">The step to go on to.</param>
    /// <returns>False: it was refused; the problems stand beside their fields.</returns>
    private async Task<bool> StoreAsync(PlanStep? next = null)
    {
        (var plan, editor.Problems) = Check();
        if (editor.Problems.Count > 0)
        {
            return false;
        }

        var actor = await Actor.MustAsync(Permissions.PromotionsWrite);
        switch (Id is { } id ? await Desk.SaveAsync(id, Seen, plan, actor, Gone) : await Desk.CreateAsync(key, plan, actor, Gone))
        {
            case PromotionAnswer.Done done:
                (loaded, revising) = (null, false);
                if (Id is null || next is not null)
                {
                    key = Guid.NewGuid();
                    Navigation.NavigateTo((query.At(next ?? query.Step) with { Id = done.Id, Revision = null }).Href());
                }

                if (Id is not null)
                {
                    await LoadAsync();
                }

                return true;
            case PromotionAnswer.Refused no:
                (editor.Problems, Acts.Wrong) = (no.Problems ?? [], no.Words);
                return false;
            default:
                return false;
        }
    }

    private (PromotionPlan Plan, IReadOnlyList<PlanProblem> Problems) Check()
    {
        var (plan, slips) = editor.Draft.ToPlan();
        return (plan, [.. slips, .. Desk.Problems(plan).Where(p => !slips.Any(s => s.Field == p.Field))]);
    }

    /// <summary>On to a step: what was typed is stored if it can be; what is wrong in this step keeps the person here.</summary>
    private Task GoOnAsync(PlanStep next) => Acts.RunAsync(async () =>
    {
        if (!editor.CanEdit || !editor.Changed || query.Step is PlanStep.Preflight or PlanStep.Approval)
        {
            Navigation.NavigateTo(query.At(next).Href());
            return;
        }

        // Of a new plan the later steps are still to be filled in: their problems wait for them.
        if (await StoreAsync(next) is false && !editor.WrongIn(query.Step).Any() && Acts.Wrong is null)
        {
            Navigation.NavigateTo(query.At(next).Href());
        }
    });

    private Task CheckAsync() => Acts.RunAsync(CheckNowAsync);

    private async Task CheckNowAsync()
    {
        if (editor.Changed && !await StoreAsync())
        {
            Acts.Wrong ??= "The plan has problems: mend them first, then it can be checked.";
            return;
        }

        if (Id is { } id)
        {
            await SayAsync(Permissions.PromotionsWrite, actor => Desk.CheckAsync(id, Seen, actor, Gone));
        }
    }

    private Task DryRunAsync() => ActAsync(Permissions.PromotionsWrite, (id, actor) => Desk.DryRunAsync(id, Seen, actor, Gone));

    private Task SendAsync(string to) => ActAsync(Permissions.PromotionsWrite, (id, actor) => Desk.SendAsync(id, Seen, to, actor, Gone));

    private Task WithdrawAsync() => ActAsync(Permissions.PromotionsWrite, (id, actor) => Desk.WithdrawAsync(id, Seen, actor, Gone));

    private Task ApproveAsync(string comment) => ActAsync(Permissions.PromotionsApprove, (id, actor) => Desk.ApproveAsync(id, Seen, comment, actor, Gone));

    private Task ChangesAsync(string comment) => ActAsync(Permissions.PromotionsApprove, (id, actor) => Desk.RequestChangesAsync(id, Seen, comment, actor, Gone));

    private Task CopyAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.PromotionsWrite);
        switch (await Desk.CopyAsync(Id!.Value, key, actor, Gone))
        {
            case PromotionAnswer.Done done:
                key = Guid.NewGuid();
                Navigation.NavigateTo(Links.Promotion(done.Id));
                break;
            case PromotionAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }
    });

    /// <summary>Every SKU under the floor gets the lowest price that keeps it: the highest of those that its places need.</summary>
    private Task LowestAsync() => Acts.RunAsync(async () =>
    {
        var lowest = (await AllAsync("margin")).Where(c => c.Lowest is not null && c.Currency is not null).GroupBy(c => (c.Sku, c.Currency)).Select(g => new SkuPrice(g.Key.Sku, g.Key.Currency!, g.Max(c => c.Lowest!.Value))).ToList();
        editor.Draft.Price(lowest);
        await MendAsync($"{PromotionWords.Many(lowest.Count, "price")} set to the lowest that keeps the floor.");
    });

    private Task LeaveOutAsync(string check) => Acts.RunAsync(async () =>
    {
        var skus = (await AllAsync(check)).Select(c => c.Sku).Where(s => s.Length > 0).Except(editor.Draft.Without, StringComparer.Ordinal).ToList();
        editor.Draft.Without.AddRange(skus);
        await MendAsync($"{PromotionWords.Many(skus.Count, "SKU")} left out.");
    });

    private async Task MendAsync(string words)
    {
        editor.Touch();
        await CheckNowAsync();
        if (Acts.Wrong is null)
        {
            Snackbar.Add($"{words} It is checked again.", Severity.Success);
        }
    }

    private async Task<List<PlanCell>> AllAsync(string check)
    {
        var all = new List<PlanCell>();
        var view = editor.View!;
        while (true)
        {
            var some = await Queries.CellsAsync(view.Id, view.Revision.Revision, check, null, all.Count == 0 ? 0 : all[^1].Id, Portion, Gone);
            all.AddRange(some);
            if (some.Count < Portion)
            {
                return all;
            }
        }
    }

    // The dry run marks no prices: what stands in the way is looked for among the first ones, and what would go well fills up behind it.
    private async Task<IReadOnlyList<PlanCell>> TriedAsync(long id, int revision, CancellationToken cancel)
    {
        var (found, well) = (new List<PlanCell>(), new List<PlanCell>());
        long after = 0;
        for (var looked = 0; looked < MostLooked && found.Count < MostCells; looked += Portion)
        {
            var some = await Queries.CellsAsync(id, revision, null, null, after, Portion, cancel);
            var tried = some.Where(c => c.SeenAt is not null).ToLookup(c => PlanOutcome.Of(c)?.InTheWay == true);
            found.AddRange(tried[true]);
            well.AddRange(tried[false].Take(MostCells - well.Count));
            if (some.Count < Portion)
            {
                break;
            }

            after = some[^1].Id;
        }

        return [.. found.Concat(well).Take(MostCells)];
    }

    private void Ask(PlanAsk what, Finding? about = null) => (asked, finding, reason, Acts.Wrong) = (what, about, "", null);

    private void Close() => asked = Acts.IsBusy ? asked : null;

    private Task ConfirmAsync() => asked is { } ask ? ActAsync(Permissions.PromotionsWrite, (id, actor) => ask is PlanAsk.Cancel
        ? Desk.CancelAsync(id, Seen, reason, actor, Gone) : Desk.AcknowledgeAsync(id, finding!.Check, reason, actor, Gone)) : Task.CompletedTask;

    private Task ActAsync(string permission, Func<long, Actor, Task<PromotionAnswer>> act) => Id is { } id ? Acts.RunAsync(() => SayAsync(permission, actor => act(id, actor))) : Task.CompletedTask;

    private async Task SayAsync(string permission, Func<Actor, Task<PromotionAnswer>> act)
    {
        switch (await act(await Actor.MustAsync(permission)))
        {
            case PromotionAnswer.Done:
                asked = null;
                // An act of one's own is no change by somebody else; one that came between is still seen as that.
                loaded = loaded is var (from, version, revision) ? (from, version + 1, revision) : null;
                break;
            case PromotionAnswer.Refused no:
                (editor.Problems, Acts.Wrong) = (no.Problems ?? [], no.Words);
                break;
        }

        await LoadAsync();
    }
}

/// <summary>What a dialog of the plan's page asks a reason for.</summary>
internal enum PlanAsk { Cancel, Acknowledge }
