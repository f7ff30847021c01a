using System.Net;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Support;
using ControlTower.Web.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>What callers hear from a tower that stops, or cannot: to come again, and nothing about why.</summary>
public sealed class StoppingTests
{
    [Fact]
    public void What_is_cut_off_while_the_tower_stops_is_to_be_sent_again_and_a_defect_stays_a_defect()
    {
        Exception[] cut = [new ObjectDisposedException("pool"), new OperationCanceledException()];
        Assert.All(cut, error => Assert.Equal((503, true, 5), StatusPages.ProblemOf(error, stopping: true) is var p ? (p.Status, p.Retryable, p.RetryAfterSeconds) : default));
        Assert.All(cut, error => Assert.Equal(500, StatusPages.ProblemOf(error, stopping: false).Status));
        Assert.Equal(500, StatusPages.ProblemOf(new InvalidOperationException(), stopping: true).Status);
        Assert.Equal(503, StatusPages.ProblemOf(new NpgsqlException(), stopping: true).Status);
    }

    [Fact]
    public async Task A_stranger_at_the_door_does_not_hear_why_a_connection_cannot_be_used()
    {
        var erp = new TestErp { CheckFails = true };
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton(new ConnectorCatalog([erp])));
        await tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed([new SeedConnection("erp", "test-erp", "Test ERP", null, null, "EUR", "UTC", null, [], [])], [], []), default);
        using var client = tower.Client();
        using var content = new StringContent("{}");
        using var answer = await client.PostAsync(new Uri("/ingress/erp/orders", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), answer.Headers.RetryAfter?.Delta);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.Contains("\"detail\":\"Not now. Nothing is known to be stored. Send it again.\"", body, StringComparison.Ordinal);
        Assert.All(["usable", "FormatException", "database", "defect"], word => Assert.DoesNotContain(word, body, StringComparison.OrdinalIgnoreCase));
    }
}
