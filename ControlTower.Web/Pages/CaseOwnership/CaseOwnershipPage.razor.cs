using ControlTower.Data.Db;
using ControlTower.Data.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.CaseOwnership;

/// <summary>The rules by which cases find somebody: their order, and what they would do to the cases that are open.</summary>
public sealed partial class CaseOwnershipPage
{
    private RuleForm? form;
    private AssignmentRule? deleting;
    private IReadOnlyList<PreviewLine>? run;
    private int? moved;
    private bool byRule;

    [Inject] private CaseOwnershipModel Model { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    private bool MayManage => Person?.May(Permissions.ExceptionsRules) == true;

    private IReadOnlyList<AssignmentRule> Rules => Model.Rules?.Rules ?? [];

    private int Moves => run?.Sum(line => line.Moves) ?? 0;

    private string Sum => Moves == 0 ? "Every one of these cases is where the rules say. Nothing would change."
        : $"{Say.Count(Moves, Viewer?.Culture)} of {Say.Count(run!.Sum(line => line.Fits), Viewer?.Culture)} open cases {(byRule ? "that nobody has or a rule gave" : "that nobody has")} would change hands. Cases given by hand stay.";

    protected override Following Follows => new("The rules");

    protected override Task ReadAsync(CancellationToken cancel) => Model.LoadAsync(cancel);

    private void Open(RuleForm asked) => (form, Acts.Wrong) = (asked, null);

    // What is under way is waited for: its answer belongs into this box.
    private void Close()
    {
        if (!Acts.IsBusy)
            (form, run, Acts.Wrong) = (null, null, null);
    }

    private Task SaveAsync() => ActAsync(async () =>
    {
        var asked = form!;
        Acts.Wrong = await Model.SaveAsync(asked, Gone);
        Done(asked.Id is null ? "The rule is added. It holds for cases that open from now on." : "The rule is changed. It holds for cases that open from now on.");
        form = Acts.Wrong is null ? null : form;
    });

    private Task MoveAsync(AssignmentRule rule, bool up) => ActAsync(async () => Acts.Wrong = await Model.MoveAsync(rule.Id, up, Gone));

    private Task DeleteAsync() => ActAsync(async () =>
    {
        Acts.Wrong = await Model.DeleteAsync(deleting!.Id, Gone);
        deleting = null;
        Done("The rule is deleted.");
    });

    private Task AskRunAsync() => ActAsync(async () => (byRule, run) = (false, await Model.PreviewAsync(byRule: false, Gone)));

    private Task TurnAsync(ChangeEventArgs change) => ActAsync(async () =>
    {
        byRule = change.Value is true;
        run = await Model.PreviewAsync(byRule, Gone);
    });

    private Task RunAsync() => ActAsync(async () =>
    {
        (var cases, Acts.Wrong) = await Model.RunAsync(byRule, new Progress<int>(Count), Gone);
        Done($"{Say.Count(cases, Viewer?.Culture)} {(cases == 1 ? "case has" : "cases have")} somebody new.");
        // The rules have changed: what they would do now is another thing, and is looked at before it is done.
        run = Acts.Wrong is null ? null : await Model.PreviewAsync(byRule, Gone);
    });

    private void Count(int cases)
    {
        moved = cases;
        StateHasChanged();
    }

    private void Done(string words)
    {
        if (Acts.Wrong is null)
            Messages.Add(words, Severity.Success);
    }

    private async Task ActAsync(Func<Task> act)
    {
        await Acts.RunAsync(async () =>
        {
            await act();
            await LoadAsync();
        });
        moved = null;
    }
}
