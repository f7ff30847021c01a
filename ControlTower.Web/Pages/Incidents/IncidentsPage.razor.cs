using ControlTower.Data.Incidents;
using ControlTower.Data.Live;
using ControlTower.Sync.Incidents;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Incidents;

/// <summary>All incidents: what is open, what it harmed, who has it, how long it took to see and to repair.</summary>
public sealed partial class IncidentsPage
{
    private const int Most = 200;

    private IncidentsQuery query = IncidentsQuery.Start;
    private List<IncidentRow> rows = [];
    private IReadOnlyList<string> brands = [];
    private IReadOnlyList<(string Id, string Name)> systems = [];
    private IncidentFigures? figures;
    private int open;
    private (long? Id, DateTimeOffset? At) last;
    private long? current;
    private Guid key = Guid.NewGuid();

    [Inject] private IncidentQueries Queries { get; set; } = default!;
    [Inject] private IncidentDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;

    private bool MayAct => Person?.May(Permissions.IncidentsAct) == true;

    private IReadOnlyList<FilterView> Views =>
    [
        .. IncidentStatus.All.Prepend("").Select(status => new FilterView(
            status.Length == 0 ? "all" : status, IncidentWords.Named(status), (query with { Status = status }).Href(), query.Status == status, status == IncidentStatus.Open && Panel?.IsEmpty == false ? open : null)),
    ];

    protected override Following Follows => new("The incidents", LiveTopics.Incidents, TimeSpan.FromSeconds(2), Links.Incidents);

    protected override Keymap Hands() => new("Incidents",
    [
        .. KeyBinding.Walk(MoveAsync),
        new("Enter", "open", OpenAsync, Hint: true), new("n", "new incident", NewAsync, Hint: true),
    ]);

    private static string Chosen(ChangeEventArgs change) => change.Value?.ToString() ?? "";

    protected override void Show(string uri) => (query, current, key, Acts.Wrong) = (IncidentsQuery.Parse(uri), null, Guid.NewGuid(), null);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var filter = query.Filter(Clock.GetUtcNow());
        var (found, sums) = (await Queries.ListAsync(filter, Most, cancel), await Queries.FiguresAsync(filter, cancel));
        (open, last.Id, last.At) = await Queries.OpenAsync(cancel);
        brands = await Queries.BrandsAsync(cancel);
        systems = query.New.Length > 0 ? await Queries.SystemsAsync(cancel) : systems;
        cancel.ThrowIfCancellationRequested();
        (rows, figures) = (found, sums);
    }

    // The key is of the dialog, not of the click: after a lost answer the same act is asked for again.
    private Task OpenNewAsync(IncidentDraft draft) => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.IncidentsAct);
        switch (await Desk.OpenAsync(draft, key, actor, Gone))
        {
            case IncidentAnswer.Done done:
                Navigation.NavigateTo(Links.Incident(done.Id));
                break;
            case IncidentAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }
    });

    private void Go(IncidentsQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private void Close()
    {
        if (!Acts.IsBusy)
        {
            Go(query with { New = "", About = "" });
        }
    }

    private Task MoveAsync(int by)
    {
        if (rows.Count > 0 && query.New.Length == 0)
        {
            current = rows.Step(row => row.Id == current, by).Id;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (current is { } id && query.New.Length == 0)
        {
            Navigation.NavigateTo(Links.Incident(id));
        }

        return Task.CompletedTask;
    }

    private Task NewAsync()
    {
        if (MayAct && query.New.Length == 0)
        {
            Go(query with { New = "free", About = "" });
        }

        return Task.CompletedTask;
    }
}
