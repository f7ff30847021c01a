using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Incidents;
using ControlTower.Data.Live;
using ControlTower.Sync.Incidents;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Incidents;

/// <summary>One incident: what is harmed, who has it, what happened, how long it took, and what people do about it.</summary>
public sealed partial class IncidentPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Incidents", Links.Incidents)];

    private IncidentView? view;
    private IncidentAct? asked;
    private IReadOnlyList<(Guid Id, string Name)> people = [];

    [Parameter] public long Id { get; set; }
    [Inject] private IncidentQueries Queries { get; set; } = default!;
    [Inject] private IncidentDesk Desk { get; set; } = default!;
    [Inject] private AccountStore Accounts { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    private bool MayAct => Person?.May(Permissions.IncidentsAct) == true;

    private bool MayDismiss => Person?.May(Permissions.IncidentsDismiss) == true;

    private Guid? Me => Person?.AccountId;

    /// <summary>The desk narrowed to what this incident is about, where it can be.</summary>
    private string? HrefOf(IncidentTransaction one) => one.Flow == "return-to-refund"
        ? Person?.May(Permissions.ReturnsRead) == true ? Links.Return(one.FlowId) : null
        : Person?.May(Permissions.OrdersRead) == true ? Links.Order(one.FlowId) : null;

    private string? CasesHref => view?.Row switch
    {
        { Kind: IncidentKind.Cause } row => Links.Cause(row.Subject),
        { System.Length: > 0 } row => $"{Links.Exceptions}?system={Uri.EscapeDataString(row.System)}",
        _ => null,
    };

    protected override Following Follows => new("The incident", LiveTopics.Incidents, TimeSpan.FromSeconds(2));

    protected override Keymap Hands() => new("Incident",
    [
        new("n", "note", () => AskByKeyAsync(IncidentDo.Note), Hint: true), new("t", "take the lead", () => MayAct && asked is null && view is { Row.Status: IncidentStatus.Open } ? TakeAsync(IncidentRole.Lead) : Task.CompletedTask, Hint: true),
        new("u", "to the list", BackAsync, Hint: true),
    ]);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var found = await Queries.FindAsync(Id, cancel);
        cancel.ThrowIfCancellationRequested();
        view = found;
    }

    private async Task Ask(IncidentDo what)
    {
        if (view is not { } seen)
        {
            return;
        }

        Acts.Wrong = null;
        var act = new IncidentAct(what, Guid.NewGuid(), seen.Row.Version);
        if (act.ForPerson)
        {
            await Acts.RunAsync(async () => people = [.. (await Accounts.ListAsync(Gone)).Where(one => one.DisabledAt is null && Roles.May(one.Role, one.Finance, Permissions.IncidentsAct)).Select(one => (one.Id, one.Name))]);
        }

        asked = act;
    }

    private void Close() => asked = Acts.IsBusy ? asked : null;

    private Task TakeAsync(IncidentRole role) => view is { } seen ? DoAsync(Permissions.IncidentsAct, actor => Desk.RoleAsync(Id, seen.Row.Version, role, Me, Guid.NewGuid(), actor, Gone)) : Task.CompletedTask;

    private Task ActAsync(IncidentSaid said) => asked is { } act
        ? DoAsync(act.Do is IncidentDo.Dismiss ? Permissions.IncidentsDismiss : Permissions.IncidentsAct, actor => act.Do switch
        {
            IncidentDo.Note => Desk.NoteAsync(Id, said.Words, act.Key, actor, Gone),
            IncidentDo.Stakeholders => Desk.StakeholdersAsync(Id, act.Seen, said.Words, act.Key, actor, Gone),
            IncidentDo.Severity => Desk.SeverityAsync(Id, act.Seen, said.Severity, said.Words, act.Key, actor, Gone),
            IncidentDo.Restored => Desk.RestoredAsync(Id, said.Words, act.Key, actor, Gone),
            IncidentDo.Close => Desk.CloseAsync(Id, act.Seen, said.Words, act.Key, actor, Gone),
            IncidentDo.Dismiss => Desk.DismissAsync(Id, act.Seen, said.Words, act.Key, actor, Gone),
            IncidentDo.Review => Desk.ReviewAsync(Id, act.Seen, said.Words, act.Key, actor, Gone),
            _ => Desk.RoleAsync(Id, act.Seen, act.Do is IncidentDo.Lead ? IncidentRole.Lead : IncidentRole.Comms, said.Person, act.Key, actor, Gone),
        })
        : Task.CompletedTask;

    private Task DoAsync(string permission, Func<Actor, Task<IncidentAnswer>> act) => Acts.RunAsync(async () =>
    {
        switch (await act(await Actor.MustAsync(permission)))
        {
            case IncidentAnswer.Done:
                Snackbar.Add("Done.", Severity.Success);
                asked = null;
                break;
            case IncidentAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }

        await LoadAsync();
    });

    private async Task AskByKeyAsync(IncidentDo what)
    {
        if (MayAct && asked is null)
        {
            await Ask(what);
            StateHasChanged();
        }
    }

    private Task BackAsync()
    {
        Navigation.NavigateTo(Links.Incidents);
        return Task.CompletedTask;
    }
}
