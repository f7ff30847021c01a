using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using ControlTower.Sync.Kpis;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace ControlTower.Tests.Web.Api;

/// <summary>Business series for a Prometheus, and the board made of them.</summary>
public sealed partial class MetricsApiTests
{
    [Fact]
    public async Task A_program_with_the_scope_reads_figures_and_nobody_else_does()
    {
        await using var world = await StockApiWorld.StartAsync("Telemetry:Prometheus=true");
        using var stranger = world.Tower.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await (await world.ProgramAsync("shop")).GetAsync("/metrics")).StatusCode);

        await world.Tower.Database.ExecuteAsync(
            """
            insert into drift_day (connection_id, location, day, checked, exact) values ('web', 'east', current_date, 200, 150);
            insert into exception_case (fingerprint, failure, code, title, message, subject, value, currency) values ('f', 'value', 'c', 't', 'm', 's', 80, 'EUR');
            insert into kpi_target (kpi, target, objective, owner, set_by, key) values ('order-acknowledgement', 60, 0.99, 'Ida', 'Ida', gen_random_uuid());
            insert into flow (kind, source, source_id, state, stage, placed_at, stage_since) values ('order-to-cash', 'web', '1', '{}', 'posted', now(), now() - interval '1 hour');
            insert into kpi_fact (flow_id, kpi, slice, at) select id, 'order-acknowledgement', kpi_slice_of('', 'web', '', ''), now() - interval '10 minutes' from flow;
            """);
        await world.Tower.Services.GetServices<IHostedService>().OfType<KpiGauges>().Single().LookAsync(default);
        var text = await (await world.ProgramAsync("prometheus", [Scopes.MetricsRead])).GetStringAsync("/metrics");
        Assert.Matches("""tower_kpi_value\{[^}]*kpi="inventory-sync"[^}]*\} 0\.75\s""", text);
        Assert.Matches("""tower_kpi_on_target\{[^}]*kpi="inventory-sync"[^}]*\} 0\s""", text);
        Assert.Matches("""tower_money_at_risk\{[^}]*currency="EUR"[^}]*\} 80\s""", text);
        Assert.Matches("""tower_flow_open\{[^}]*stage="posted"[^}]*\} 1\s""", text);
        // What was never measured has no value.
        Assert.DoesNotMatch("""tower_kpi_value\{[^}]*kpi="return-processing""", text);

        // Every series that the board in docker/ draws is there.
        using var board = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docker", "grafana-dashboard.json")));
        var drawn = Series().Matches(board.RootElement.GetRawText()).Select(m => m.Value).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(drawn.Count == 8, $"only {drawn.Count} series");
        Assert.All(drawn, series => Assert.Contains($"\n{series}{{", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_it_is_not_wanted_it_is_not_there()
    {
        await using var world = await StockApiWorld.StartAsync();
        Assert.False((await (await world.ProgramAsync("prometheus", [Scopes.MetricsRead])).GetAsync("/metrics")).IsSuccessStatusCode);
    }

    [GeneratedRegex("tower_(?:kpi|flow|money)_[a-z_]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Series();
}
