using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Incidents;
using ControlTower.Data.Live;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Live.Streams;

/// <summary>The stream <c>incidents</c>: every incident that is not closed, an item each, keyed by its number.</summary>
public sealed class IncidentStream : ILiveStream, IDisposable
{
    private const int Most = 2_000;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);

    private readonly SharedQueries<string, IReadOnlyList<IncidentRow>> queries;
    private readonly BrandArgument brands;

    public IncidentStream(LiveFeed live, IncidentQueries incidents, BrandArgument brands, TimeProvider clock, ILogger<IncidentStream> log)
    {
        this.brands = brands;
        queries = new(brand => new(
            "The incidents", live, LiveTopics.Incidents, Pace,
            async cancel => (IReadOnlyList<IncidentRow>)await incidents.ListAsync(new IncidentFilter([IncidentStatus.Open, IncidentStatus.Drained], [], brand.Length == 0 ? null : brand, null), Most, cancel), clock, log));
    }

    public string Name => "incidents";

    public string Permission => Permissions.IncidentsRead;

    public string Scope => Scopes.IncidentsRead;

    public IReadOnlyList<string> Arguments { get; } = [BrandArgument.Name];

    public async Task<ILiveSource> OpenAsync(IReadOnlyDictionary<string, string> arguments, CancellationToken cancel) =>
        new KeyedSource<IReadOnlyList<IncidentRow>>(queries, await brands.OfAsync(arguments) ?? "", Items);

    public void Dispose() => queries.Dispose();

    private static IEnumerable<(string, JsonElement)> Items(IReadOnlyList<IncidentRow> rows) => rows.Select(row => (
        row.Id.ToString(CultureInfo.InvariantCulture),
        JsonSerializer.SerializeToElement(
            new IncidentItem(
                row.Id, row.Kind, row.Title, row.Severity, row.Status, row.Brand, row.System, row.Times.Began.ToUniversalTime(), row.Times.Detected.ToUniversalTime(), row.Times.Restored?.ToUniversalTime(),
                row.Times.Drained?.ToUniversalTime(), row.Lead, row.StakeholderStatus, row.Affected, row.Unsettled),
            StreamJson.Default.IncidentItem)));
}
