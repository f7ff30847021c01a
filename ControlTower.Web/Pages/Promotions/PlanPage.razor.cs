using ControlTower.Data.Live;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>A promotion's plan, step by step: written, checked, agreed to. What is shown follows the address; what is typed stays until it is stored.</summary>
public sealed partial class PlanPage
{
    internal const int MostCells = 200;

    private static readonly TimeSpan SinceAgain = TimeSpan.FromMinutes(5);

    private static readonly IReadOnlyList<Crumb> Above = [new("Promotions", Links.Promotions)];

    private readonly PlanEditor editor = new();
    private PlanQuery query = new(null, PlanStep.Scope, "", null);
    private List<Finding> findings = [];
    private IReadOnlyList<PlanCell> cells = [];
    private IReadOnlyList<PlanCell> overlap = [];
    private IReadOnlyList<PlanReach> reach = [];
    private IReadOnlyList<RevisionView> revisions = [];
    private ProductsSince since = ProductsSince.None;
    private (long Id, int Revision, DateTimeOffset At)? sinceRead;
    private IReadOnlyList<Approver> approvers = [];
    private (long? Id, int Version, int Revision)? loaded;
    private bool moved;
    private bool revising;

    public PlanPage() => editor.OnChange += Drawn;

    [Parameter] public long? Id { get; set; }
    [Inject] private PromotionQueries Queries { get; set; } = default!;
    [Inject] private PlanDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    private bool MayWrite => Person?.May(Permissions.PromotionsWrite) == true;

    private bool MayApprove => Person?.May(Permissions.PromotionsApprove) == true;

    private bool IsNewest => editor.View is { } view && view.Revision.Revision == view.Newest;

    private bool MayCheck => MayWrite && IsNewest && editor.View is { Revision.State: RevisionState.Draft, IsOver: false };

    /// <summary>An approved plan is changed beside the one in force.</summary>
    private bool MayRevise => MayWrite && IsNewest && !revising && editor.View is { Revision.State: RevisionState.Approved, State: PromotionState.Planned or PromotionState.Scheduled or PromotionState.Releasing or PromotionState.Live };

    private (Status Status, string Words) Verdict => editor.Changed ? (Status.Wait, "What you typed is not saved yet.") : editor.View is { } view ? CheckWords.Verdict(view.Revision.Check, findings) : (Status.Wait, "");

    /// <summary>They ever wrote or sent a revision since the last one that was approved: somebody else decides.</summary>
    private bool IsAuthor => Person is { } me && revisions.TakeWhile(r => r.State is not RevisionState.Approved && !(r.State is RevisionState.Replaced && r.DecidedBy is not null))
        .Any(r => r.Hands.Contains(me.AccountId.ToString()));

    private string Line => editor.View is { Revision.Plan: var plan } view
        ? $"{PromotionWords.Window(plan.Starts, plan.Ends)}, each store's own time · {PromotionWords.Offer(plan.Offer.Kind, plan.Offer.Percent)} · by {view.Revision.MadeBy}" : "Not stored yet";

    protected override Following Follows => new("The plan", LiveTopics.Promotions, TimeSpan.FromSeconds(2), PlanQuery.PathOf(Id));

    protected override void Left() => editor.OnChange -= Drawn;

    protected override Keymap Hands() => new("Plan",
    [
        new("n", "next step", () => StepAsync(query.Next), Hint: true), new("b", "step before", () => StepAsync(query.Before), Hint: true), new("s", "save", SaveAsync, Hint: true), new("c", "check", CheckByKeyAsync, Hint: true),
        new("j", "next finding", () => MoveAsync(1)), new("k", "finding before", () => MoveAsync(-1)),
    ]);

    protected override void Show(string uri)
    {
        var before = query;
        query = PlanQuery.Parse(Id, uri);
        loaded = before.Revision == query.Revision ? loaded : null;
    }

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var (targets, stores, lists) = (Desk.Targets(), editor.Stores.Count > 0 ? editor.Stores : await Queries.StoresAsync(cancel), await Queries.PriceListsAsync(cancel));
        var view = Id is { } id ? await Queries.FindAsync(id, query.Revision, cancel) : null;
        cancel.ThrowIfCancellationRequested();
        (editor.Targets, editor.Stores, editor.PriceLists) = (targets, stores, lists);
        Take(view);
        await FindAsync(view, cancel);
    }

    // What somebody typed is never replaced under their hands.
    private void Take(PromotionView? view)
    {
        var now = (Id, view?.Version ?? 0, view?.Revision.Revision ?? 0);
        if (loaded is null || loaded.Value.Id != Id || (!editor.Changed && loaded != now))
        {
            editor.Loaded(view is null ? PlanDraft.New(TimeZoneInfo.ConvertTime(Clock.GetUtcNow(), Zone).Date) : PlanDraft.Of(view.Revision.Plan));
            (loaded, revising) = (now, revising && loaded?.Id == Id);
        }

        moved = editor.Changed && loaded != now;
        editor.View = view;
        editor.ReadOnly = Locked(view);
    }

    private string? Locked(PromotionView? view) => view switch
    {
        _ when !MayWrite => "You can look. Merchandisers plan promotions.",
        null => null,
        { } v when v.Revision.Revision != v.Newest => $"Revision {v.Revision.Revision} is kept as it was. The newest is {v.Newest}.",
        { IsOver: true } => $"It is {PromotionText.Of(view.State).Replace('-', ' ')}. Copy it to plan it anew.",
        { State: PromotionState.Ending or PromotionState.RollingBack } => "It is on its way back. Copy it to plan it anew.",
        { Revision.State: RevisionState.Review } => "It is under review and locked. Withdraw the request to change it.",
        { Revision.State: RevisionState.Approved } when !revising => "It is approved: what was agreed to does not change. Change it as a new revision.",
        _ => null,
    };

    private async Task FindAsync(PromotionView? view, CancellationToken cancel)
    {
        if (view is null)
        {
            (findings, cells, overlap, reach, revisions, approvers) = ([], [], [], [], [], []);
            (since, sinceRead) = (ProductsSince.None, null);
            return;
        }

        var (id, revision) = (view.Id, view.Revision.Revision);
        findings = await Queries.FindingsAsync(id, revision, cancel);
        if (query.Step is PlanStep.Preflight)
        {
            reach = await Queries.ReachAsync(id, revision, cancel);
            overlap = findings.Any(f => f is { Check: "overlap", Tone: FindingTone.Warning }) ? await Queries.CellsAsync(id, revision, "overlap", null, 0, MostOverlaps, cancel) : [];
            cells = query.Check.Length == 0 ? [] : query.Check == CheckWords.DryRun ? await TriedAsync(id, revision, cancel) : await Queries.CellsAsync(id, revision, query.Check, null, 0, MostCells, cancel);
        }

        // Each carries its whole plan: they are read where they are shown.
        revisions = query.Step is PlanStep.Approval ? await Queries.RevisionsAsync(id, cancel) : [];
        await SinceAsync(view, cancel);
        approvers = query.Step is PlanStep.Approval && MayWrite && view.Revision.State is RevisionState.Draft ? await Queries.ApproversAsync(id, revision, cancel) : [];
    }

    // It goes over all that channels list: what happens elsewhere is no reason to reckon it again.
    private async Task SinceAsync(PromotionView view, CancellationToken cancel)
    {
        if (query.Step is not PlanStep.Approval || view is not { IsLocked: true, IsOver: false, Revision.State: RevisionState.Review or RevisionState.Approved })
        {
            (since, sinceRead) = (ProductsSince.None, null);
        }
        else if (sinceRead is not { } read || (read.Id, read.Revision) != (view.Id, view.Revision.Revision) || Clock.GetUtcNow() - read.At >= SinceAgain)
        {
            since = await Queries.SinceAsync(view.Id, view.Revision.Revision, cancel);
            sinceRead = (view.Id, view.Revision.Revision, Clock.GetUtcNow());
        }
    }

    private void Revise()
    {
        revising = true;
        editor.ReadOnly = Locked(editor.View);
    }

    private async Task ReloadAsync()
    {
        loaded = null;
        await LoadAsync();
    }

    private void Drawn()
    {
        Mended();
        StateHasChanged();
    }

    // What was wrong is looked at again as it is mended.
    private void Mended() => editor.Problems = editor.Problems.Count > 0 ? Check().Problems : editor.Problems;

    private Task StepAsync(PlanStep? step)
    {
        if (step is { } wanted && asked is null)
        {
            Navigation.NavigateTo(query.At(wanted).Href());
        }

        return Task.CompletedTask;
    }

    private Task CheckByKeyAsync() => MayCheck && asked is null ? CheckAsync() : Task.CompletedTask;

    private Task MoveAsync(int by)
    {
        if (query.Step is PlanStep.Preflight && findings.Count > 0 && asked is null)
        {
            var at = findings.FindIndex(f => f.Check == query.Check);
            Navigation.NavigateTo((query with { Check = findings[Math.Clamp(at + by, 0, findings.Count - 1)].Check }).Href());
        }

        return Task.CompletedTask;
    }
}
