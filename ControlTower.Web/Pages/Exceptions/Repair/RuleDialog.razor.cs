using ControlTower.Data.Triage;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions.Repair;

/// <summary>Builds a rule, shows what it does to each case of the frozen set, and hands it over with a reason.</summary>
public sealed partial class RuleDialog : ComponentBase
{
    /// <summary>Cases in sight at once.</summary>
    public const int PageSize = 8;

    private static readonly DialogOptions Wide = new() { MaxWidth = MaxWidth.Medium, FullWidth = true, CloseOnEscapeKey = true, BackdropClick = false };

    private RuleSet? seen;
    private RepairOperation operation;
    private string path = RepairRule.Offered[0].Path, from = "", to = "", reason = "";
    private BatchPlan plan = BatchPlan.Standard;
    private string? wrong;
    private bool noReason, edited;
    private int page;

    /// <summary>Null closes the dialog.</summary>
    [Parameter] public RuleSet? Set { get; set; }

    /// <summary>What the form begins with.</summary>
    [Parameter] public RepairRule? Initial { get; set; }
    [Parameter] public RulePreview? Preview { get; set; }

    /// <summary>What was done; the dialog then shows it.</summary>
    [Parameter] public RuleReceipt? Receipt { get; set; }
    [Parameter] public bool Busy { get; set; }
    [Parameter] public EventCallback<RepairRule> OnPreview { get; set; }
    [Parameter] public EventCallback<RuleAsked> OnApply { get; set; }
    [Parameter] public EventCallback<Guid> OnUndo { get; set; }
    [Parameter] public EventCallback OnClose { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private bool NamesFrom => operation is RepairOperation.Map or RepairOperation.Replace;

    private string? Rule => Preview?.Rule.ToString();

    /// <summary>Cases that the rule in sight changes.</summary>
    private int Changes => edited ? 0 : Preview?.Count(RepairVerdict.Changed) ?? 0;

    // A preview of a rule that was changed since shows what will not happen.
    private IReadOnlyList<RepairItem>? Items => Receipt?.Items ?? (edited ? null : Preview?.Items);

    protected override void OnParametersSet()
    {
        if (ReferenceEquals(seen, Set))
        {
            return;
        }

        (seen, page, reason, wrong, noReason, edited, plan) = (Set, 0, "", null, false, false, BatchPlan.Standard);
        (operation, path, from, to) = Initial is { } rule ? (rule.Operation, rule.Path, rule.Pairs[0].From, rule.Pairs[0].To) : Begin();
    }

    // With what the cause names: a code that is missing is given, one that is wrong is mapped.
    private (RepairOperation Operation, string Path, string From, string To) Begin() =>
        Set?.Cause.Contains("tax", StringComparison.OrdinalIgnoreCase) == true ? (RepairOperation.Set, "lines[*].taxes[*].code", "", "") : (RepairOperation.Map, "lines[*].sku", "", "");

    private Task Changed(bool visible) => visible ? Task.CompletedTask : OnClose.InvokeAsync();

    private void Edited() => (edited, wrong) = (true, null);

    private async Task PreviewAsync()
    {
        // A rule of many pairs is not retyped by the form: untouched, it stays as it was given.
        var (rule, problem) = !edited && Initial is { } given ? (given, null) : RepairRule.Of(operation, path, [(NamesFrom ? from : "", to)]);
        wrong = problem;
        if (rule is not null)
        {
            // The fields of the plan come back as they were before anything was typed.
            (edited, page, plan) = (false, 0, BatchPlan.Standard);
            await OnPreview.InvokeAsync(rule);
        }
    }

    private async Task ApplyAsync()
    {
        noReason = reason.Trim().Length < RepairDesk.ShortestReason;
        if (!noReason && !edited && Preview is { } shown)
        {
            page = 0;
            await OnApply.InvokeAsync(new RuleAsked(shown, reason.Trim(), Changes > 1 ? plan : null));
        }
    }

    private string Counted(int count, string noun) => $"{Say.Count(count, Viewer?.Culture)} {noun}{(count == 1 ? "" : "s")}";

    private string Told(IReadOnlyList<RepairItem> items) => string.Join(" · ", items.GroupBy(i => i.Verdict).OrderBy(g => g.Key).Select(g => $"{Say.Count(g.Count(), Viewer?.Culture)} {Word(g.Key)}"));

    private static string Word(RepairVerdict verdict) => verdict switch
    {
        RepairVerdict.Changed => "changed",
        RepairVerdict.Unchanged => "unchanged",
        RepairVerdict.Invalid => "not possible",
        RepairVerdict.LeftOut => "left out",
        _ => "not certain",
    };

    private static string Word(RepairOperation operation) => operation switch
    {
        RepairOperation.Set => "Set to a value",
        RepairOperation.Map => "Map one value to another",
        RepairOperation.Replace => "Replace a part of the text",
        _ => "Fill in where empty",
    };
}
