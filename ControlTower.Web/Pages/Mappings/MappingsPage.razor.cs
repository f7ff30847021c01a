using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Triage.Mappings;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Mappings;

/// <summary>What connected systems call things: looked up, said by hand, brought in and taken along as a list.</summary>
public sealed partial class MappingsPage
{
    private const int Most = 200;

    private static readonly IReadOnlyList<Crumb> Above = [new("Connections", Links.Connections)];

    private MappingsQuery query = MappingsQuery.Start;
    private IReadOnlyList<MappingRow> rows = [];
    private IReadOnlyList<MappingRow> history = [];
    private IReadOnlyDictionary<string, long>? counts;
    private MappingForm? form;
    private MappingProblem? problem;
    private bool bringing;

    [Inject] private MappingDesk Desk { get; set; } = default!;
    [Inject] private ConnectionDirectory Directory { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    private bool MayWrite => Person?.May(Permissions.ExceptionsEdit) == true;

    private long? Count => counts is null ? null : query.Kind.Length == 0 ? counts.Values.Sum() : counts.GetValueOrDefault(query.Kind);

    private IEnumerable<(string Id, string Name)> Connections => Directory.All.Select(c => (c.Profile.Id, c.Profile.Name)).OrderBy(c => c.Name, StringComparer.OrdinalIgnoreCase);

    private IReadOnlyList<FilterView> Views =>
        [View("all", "All", "", counts?.Values.Sum()), .. MappingKind.All.Select(kind => View(kind, MappingWords.Kind(kind), kind, counts?.GetValueOrDefault(kind)))];

    protected override Following Follows => new("The mappings", LiveTopics.Connections, TimeSpan.FromSeconds(2), Links.Mappings);

    protected override void Show(string uri) => query = MappingsQuery.Parse(uri);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var found = await Desk.ListAsync(query.Filter, query.After, Most, cancel);
        var many = await Desk.CountsAsync(query.Filter with { Kind = "" }, cancel);
        var before = query.Open is { } id ? await Desk.HistoryAsync(id, cancel) : [];
        cancel.ThrowIfCancellationRequested();
        (rows, counts, history) = (found, many, before);
    }

    private static string Chosen(ChangeEventArgs change) => change.Value?.ToString() ?? "";

    private FilterView View(string key, string name, string kind, long? many) => new(key, name, (query.Top with { Kind = kind }).Href(), query.Kind == kind, many);

    private void Go(MappingsQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private void Add() => (form, problem, Acts.Wrong) = (new MappingForm { Connection = query.Connection, Kind = query.Kind.Length > 0 ? query.Kind : MappingKind.Sku }, null, null);

    private void Change(MappingRow row) =>
        (form, problem, Acts.Wrong) = (new MappingForm { Seen = row.Id, Connection = row.ConnectionId, Kind = row.Kind, From = row.From, To = row.To }, null, null);

    private void CloseForm()
    {
        if (!Acts.IsBusy)
        {
            form = null;
        }
    }

    private string? Wrong(string field) => problem?.Where == field ? problem.Words : null;

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var said = form!;
        problem = null;
        if (said.Retry)
        {
            await Actor.MustAsync(Permissions.ExceptionsRetry);
        }

        var answer = await Desk.PutAsync(
            new MappingSaid(said.Connection, said.Kind, said.From.Trim(), said.To.Trim()), said.Seen, said.Retry, said.Reason, await Actor.MustAsync(Permissions.ExceptionsEdit), Gone);
        if (answer is MappingAnswer.Refused refused)
        {
            problem = refused.Problem;
            return;
        }

        if (answer is MappingAnswer.Moved)
        {
            await LoadAsync();
            throw new ArgumentException(said.Seen is null ? "Somebody mapped this word already. Close, and change that." : "Somebody changed it meanwhile. Close, and look at it as it is now; nothing of yours was written.");
        }

        form = null;
        Messages.Add(answer is MappingAnswer.Done done ? $"{said.From} is {said.To} there from now on.{Retried(done)}" : "It is so already.", Severity.Success);
        await LoadAsync();
    });

    private Task RemoveAsync() => Acts.RunAsync(async () =>
    {
        var removed = await Desk.RemoveAsync(form!.Seen!.Value, form.Reason, await Actor.MustAsync(Permissions.ExceptionsEdit), Gone);
        form = null;
        Messages.Add(MappingWords.Removed(removed), removed is null ? Severity.Warning : Severity.Success);
        await LoadAsync();
    });

    internal static string Retried(MappingAnswer.Done done) => done.Retried == 0 ? "" : $" {Say.Count(done.Retried)} {(done.Retried == 1 ? "case that waited for it is" : "cases that waited for it are")} being retried.";

    private string NameOf(string connection) => Directory.Find(connection)?.Name ?? connection;

    private sealed class MappingForm
    {
        /// <summary>The mapping that the person saw in force; null: none.</summary>
        public long? Seen { get; init; }

        public string Connection { get; set; } = "";

        public string Kind { get; set; } = MappingKind.Sku;

        public string From { get; set; } = "";

        public string To { get; set; } = "";

        public string Reason { get; set; } = "";

        public bool Retry { get; set; } = true;
    }
}
