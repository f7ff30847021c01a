using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage.Mappings;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions.Repair;

/// <summary>What a person can do to repair the case in the pane: edit and retry, one rule for many, map once. Asks for the permission again before each act; the dialogs only show.</summary>
public sealed partial class RepairActs : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private IDisposable? keys;
    private SignedIn? person;
    private (long Case, string State, CaseFilter Filter)? seen;
    private RepairPaper? paper;
    private EditAnswer? answer;
    private RuleSet? set;
    private RepairRule? initial;
    private RulePreview? preview;
    private RuleReceipt? receipt;
    private MapOffer? offer;
    private string? mapWrong;
    private Func<Task>? last;
    private DateTimeOffset lastAt;
    private string announcement = "";

    [Parameter, EditorRequired] public CaseDetail Detail { get; set; } = default!;

    /// <summary>Ticked cases: a rule is then for them, and else for the open cases of the cause that the desk shows.</summary>
    [Parameter] public IReadOnlyCollection<long> Ticked { get; set; } = [];

    /// <summary>What the desk shows.</summary>
    [Parameter, EditorRequired] public CaseFilter Filter { get; set; } = default!;
    [Parameter] public bool Busy { get; set; }

    /// <summary>Something about the case changed.</summary>
    [Parameter] public EventCallback OnChanged { get; set; }

    /// <summary>A suggestion was found, or is none any more.</summary>
    [Parameter] public EventCallback OnSuggested { get; set; }

    /// <summary>When the page's own last act was done that can be taken back.</summary>
    [Parameter] public DateTimeOffset? ActedAt { get; set; }

    /// <summary>The page's last act is to be taken back.</summary>
    [Parameter] public EventCallback OnUndo { get; set; }

    /// <summary>Acts that stand between editing and the menu.</summary>
    [Parameter] public RenderFragment? Between { get; set; }

    /// <summary>Acts at the end of the menu.</summary>
    [Parameter] public RenderFragment? More { get; set; }

    [Inject] private CaseQueries Cases { get; set; } = default!;
    [Inject] private RepairDesk Desk { get; set; } = default!;
    [Inject] private MappingDesk Mappings { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ILogger<RepairActs> Log { get; set; } = default!;
    [CascadingParameter] private Task<AuthenticationState>? Auth { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }

    /// <summary>What helped with the same cause before; null if nothing is known, or the person may not use it.</summary>
    public RepairSuggestion? Suggestion { get; private set; }

    /// <summary>What was mapped because of the same cause before, where no rule helped.</summary>
    public MappingUse? Mapped { get; private set; }

    private bool Off => Busy || Acts.IsBusy;

    private bool MayEdit => person?.May(Permissions.ExceptionsEdit) == true;

    private string? WhyNoRule => !MayEdit ? $"You may not change what is sent. Ask an admin for {Permissions.ExceptionsEdit}." : Detail switch
    {
        { Row.IsOpen: false } => "The case is closed.",
        { Row.State: not "open" } => "It is being retried. Wait for its outcome.",
        { PostingKey: null } => "Nothing was being sent, so there is nothing to change.",
        { PostingKind: { } kind } when !RepairRow.Kinds.Contains(kind) => "What was being sent does not carry the order, so there is nothing in it to change.",
        { PostingState: "unknown" } => "It is not known whether the target has it. Retry asks there first.",
        _ => null,
    };

    private string? WhyNoEdit => WhyNoRule
        ?? (person?.May(Permissions.OrdersReadPersonal) == true ? null : $"The document tells of its buyer. Ask an admin for {Permissions.OrdersReadPersonal}.");

    /// <summary>Opens the rule dialog over the frozen set, with what the rule would do already worked out.</summary>
    public async Task RuleAsync(RepairRule? rule)
    {
        if (WhyNoRule is not null || Off)
        {
            return;
        }

        await GuardedAsync(async () =>
        {
            if (Ticked.Count > 1 && await Cases.CauseCountAsync(Ticked, gone.Token) is > 1 and var causes)
            {
                Tell($"A rule mends one cause. The {Say.Count(Ticked.Count, Viewer?.Culture)} ticked cases have {Say.Count(causes, Viewer?.Culture)}: choose one cause on the left, or untick the others.", Severity.Warning);
                return;
            }

            var (ids, more) = Ticked.Count > 0 ? ([.. Ticked], false) : await Desk.GroupAsync(Filter, Detail.Row.Fingerprint, gone.Token);
            (set, initial, preview, receipt) = (new RuleSet(ids, Ticked.Count > 0, Detail.Row.Fingerprint) { More = more }, rule, null, null);
            if (rule is not null && ids.Count > 0)
            {
                preview = await Desk.PreviewAsync(rule, ids, gone.Token);
            }
        });
    }

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        keys?.Dispose();
    }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            keys = Keys.Use(new Keymap("Repair", [
                new("E", "edit and retry", EditAsync, Hint: true), new("R", "one rule for many", () => ByKeyAsync(() => RuleAsync(null)), Hint: true), new("m", "map a code", () => ByKeyAsync(MapAsync), Hint: true),
                new("u", "undo the last act", UndoLastAsync),
            ]));
        }
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open pane too.
    protected override async Task OnParametersSetAsync()
    {
        person = Auth is null ? null : SignedIn.From((await Auth).User);
        var now = (Detail.Row.Id, Detail.Row.State, Filter);
        if (seen != now && RendererInfo.IsInteractive)
        {
            seen = now;
            await SuggestAsync();
        }
    }

    // A suggestion is a kindness: where it cannot be read, the pane goes without.
    private async Task SuggestAsync()
    {
        RepairSuggestion? found = null;
        MappingUse? mapped = null;
        try
        {
            found = WhyNoRule is null ? await Desk.SuggestAsync(Detail.Row.Id, Filter, gone.Token) : null;
            mapped = WhyNoRule is null && found is null ? await Desk.MappedAsync(Detail.Row.Id, gone.Token) : null;
        }
        catch (Exception error) when (DatabaseTrouble.Is(error) || error is OperationCanceledException)
        {
            NotSuggested(Log, Detail.Row.Id, error.Message);
        }

        if (!gone.IsCancellationRequested && (!Equals(found?.Rule, Suggestion?.Rule) || found?.Reach != Suggestion?.Reach || found?.Here.CaseId != Suggestion?.Here.CaseId || mapped != Mapped))
        {
            (Suggestion, Mapped) = (found, mapped);
            await OnSuggested.InvokeAsync();
        }
    }

    private async Task EditAsync()
    {
        if (WhyNoEdit is not null || Off)
        {
            return;
        }

        await GuardedAsync(async () =>
        {
            await Actor.MustAsync(Permissions.OrdersReadPersonal);
            var opened = await Desk.OpenAsync(Detail.Row.Id, gone.Token);
            if (opened is { WhyNot: null })
            {
                (paper, answer) = (opened, null);
            }
            else
            {
                Tell(opened?.WhyNot ?? "There is no such case.", Severity.Warning);
            }
        });
    }

    private Task SaveAsync(EditAsked asked) => GuardedAsync(async () =>
    {
        var actor = await ActorAsync();
        answer = await Desk.EditAsync(asked.CaseId, asked.StartedFrom, asked.Text, asked.Reason, actor, gone.Token);
        if (answer is EditAnswer.Done done)
        {
            CloseEditor();
            Undoable($"Changed, revision {done.Revision}. It goes out in {RepairDesk.Grace.TotalSeconds:0} s under the same posting key; the case closes when the target has it.", () => UndoAsync(done.Repair));
            await OnChanged.InvokeAsync();
        }
    });

    private Task PreviewAsync(RepairRule rule) => GuardedAsync(async () =>
    {
        (receipt, preview) = (null, null);
        preview = set is { Ids.Count: > 0 } frozen ? await Desk.PreviewAsync(rule, frozen.Ids, gone.Token) : null;
    });

    private Task ApplyAsync(RuleAsked asked) => GuardedAsync(async () =>
    {
        var actor = await ActorAsync();
        receipt = await Desk.ApplyAsync(asked.Preview.Rule, [.. asked.Preview.Items.Where(i => i.Verdict is RepairVerdict.Changed)], asked.Reason, actor, gone.Token, asked.Plan);
        var (changed, repair) = (receipt.Count(RepairVerdict.Changed), receipt.Repair);
        if (receipt.Batch is { } batch)
        {
            Undoable($"{Say.Count(changed, Viewer?.Culture)} orders changed. Batch B-{batch.Id} sends them in stages from {RepairDesk.Grace.TotalSeconds:0} s on, same posting keys. Each closes when its target has it.", () => UndoAsync(repair));
        }
        else if (changed > 0)
        {
            Undoable($"{Say.Count(changed, Viewer?.Culture)} {(changed == 1 ? "order" : "orders")} changed and retried, same posting keys. Each closes when its target has it.", () => UndoAsync(repair));
        }

        await OnChanged.InvokeAsync();
    });

    /// <summary>Opens the dialog in which a word of the document is mapped.</summary>
    public Task MapAsync() => GuardedAsync(async () =>
    {
        mapWrong = null;
        offer = await Desk.OfferAsync(Detail.Row.Id, gone.Token);
        if (offer is null or { WhyNot: not null })
        {
            Tell(offer?.WhyNot ?? "There is no such case.", Severity.Warning);
            offer = null;
        }
    });

    private Task PutAsync(MapAsked asked) => GuardedAsync(async () =>
    {
        var actor = await ActorAsync();
        var answered = await Desk.MapAsync(asked.CaseId, asked.Kind, asked.From, asked.To, asked.Reason, actor, gone.Token);
        mapWrong = answered switch
        {
            MapAnswer.Refused refused => refused.Why,
            MapAnswer.Taken taken => $"{taken.By.Who} mapped {taken.By.From} to {taken.By.To} already. Remove that first.",
            _ => null,
        };
        if (answered is MapAnswer.Done done)
        {
            CloseMap();
            var words = $"{asked.From} is {asked.To} there from now on. {(done.Retried.Count == 1 ? "1 case that waited for it is" : $"{Say.Count(done.Retried.Count, Viewer?.Culture)} cases that waited for it are")} being retried.";
            if (done.Put is { } mapping)
            {
                Undoable(words, () => TakeMappingBackAsync(mapping));
            }
            else
            {
                Tell(words, Severity.Success);
            }

            await OnChanged.InvokeAsync();
        }
        else
        {
            offer = await Desk.OfferAsync(asked.CaseId, gone.Token);
        }
    });

    private Task UnmapAsync(long mapping) => GuardedAsync(async () =>
    {
        var removed = await Mappings.RemoveAsync(mapping, null, await ActorAsync(), gone.Token);
        Tell(Pages.Mappings.MappingWords.Removed(removed), removed is null ? Severity.Warning : Severity.Success);
        offer = await Desk.OfferAsync(Detail.Row.Id, gone.Token);
    });

    private Task TakeMappingBackAsync(long mapping) => GuardedAsync(async () =>
    {
        last = null;
        var removed = await Mappings.RemoveAsync(mapping, "Undone", await ActorAsync(), gone.Token);
        Tell(Pages.Mappings.MappingWords.Removed(removed), removed is null ? Severity.Warning : Severity.Success);
        await OnChanged.InvokeAsync();
    });

    // A button that is off says why; a key has to say it, too.
    private Task ByKeyAsync(Func<Task> act)
    {
        if (WhyNoRule is not { } why)
        {
            return act();
        }

        Tell(why, Severity.Warning);
        StateHasChanged();
        return Task.CompletedTask;
    }

    // One key takes back whichever act was the last, here or on the page.
    private Task UndoLastAsync() => last is { } undo && !(ActedAt > lastAt) ? undo() : OnUndo.InvokeAsync();

    private Task UndoAsync(Guid repair) => GuardedAsync(async () =>
    {
        var undone = await Desk.UndoAsync(repair, await ActorAsync(), gone.Token);
        last = null;
        Tell((undone.Cases.Count, undone.Left) switch
        {
            (0, _) => "Nothing was undone: it has gone out already.",
            (1, 0) => "Undone. The case is open again, and would send what it would have sent before.",
            (var n, 0) => $"Undone. {Say.Count(n, Viewer?.Culture)} cases are open again.",
            var (n, left) => $"{Say.Count(n, Viewer?.Culture)} undone; {Say.Count(left, Viewer?.Culture)} had gone out already.",
        }, undone.Cases.Count > 0 ? Severity.Success : Severity.Warning);
        (set, preview, receipt) = (null, null, null);
        await OnChanged.InvokeAsync();
    });

    // Changing is retrying, too.
    private async Task<Actor> ActorAsync()
    {
        var actor = await Actor.MustAsync(Permissions.ExceptionsEdit);
        await Actor.MustAsync(Permissions.ExceptionsRetry);
        return actor;
    }

    private void CloseEditor() => (paper, answer) = (null, null);

    private void CloseRule() => (set, initial, preview, receipt) = (null, null, null, null);

    private void CloseMap() => (offer, mapWrong) = (null, null);

    private void Tell(string text, Severity severity)
    {
        announcement = text;
        Snackbar.Add(text, severity);
    }

    private void Undoable(string text, Func<Task> undo)
    {
        (announcement, last, lastAt) = (text, undo, Clock.GetUtcNow());
        Snackbar.Add(text, Severity.Success, options =>
        {
            options.Action = "Undo";
            options.OnClick = _ => InvokeAsync(undo);
        });
    }

    /// <summary>The pane shows at once that something is under way; keys do not draw it by themselves.</summary>
    private async Task GuardedAsync(Func<Task> act)
    {
        if (Acts.IsBusy || gone.IsCancellationRequested)
        {
            return;
        }

        var acting = Acts.RunAsync(act);
        StateHasChanged();
        await acting;
        if (gone.IsCancellationRequested)
        {
            return;
        }

        if (Acts.Wrong is { } wrong)
        {
            Tell(wrong, Severity.Error);
        }

        StateHasChanged();
    }

    [LoggerMessage(EventId = 3321, Level = LogLevel.Debug, Message = "No repair could be suggested for case {Case}: {Why}")]
    private static partial void NotSuggested(ILogger log, long @case, string why);
}

/// <summary>An edit as the editor hands it over.</summary>
public sealed record EditAsked(long CaseId, int StartedFrom, string Text, string Reason);

/// <summary>The cases that a rule is for: these and no later ones.</summary>
/// <param name="Cause">Fingerprint of the case from which the rule was asked for.</param>
public sealed record RuleSet(IReadOnlyList<long> Ids, bool Ticked, string Cause)
{
    /// <summary>The filter shows more than one rule may touch: these are the first of them.</summary>
    public bool More { get; init; }
}

/// <summary>A rule as its dialog hands it over. <paramref name="Plan"/>: how the changed ones go out; null for one.</summary>
public sealed record RuleAsked(RulePreview Preview, string Reason, BatchPlan? Plan);

public sealed record MapAsked(long CaseId, string Kind, string From, string To, string Reason);
