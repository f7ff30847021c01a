using System.Net;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>What people were not allowed to do stands in the audit, and cannot flood it.</summary>
public sealed class DenialTests
{
    [Fact]
    public async Task A_refused_door_is_one_row_that_says_who_what_and_from_where()
    {
        await using var tower = await TestTower.StartAsync();
        var person = await tower.PersonAsync(Roles.Executive);
        using var client = await tower.SignInAsync(person);
        for (var i = 0; i < 30; i++)
            Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync(new Uri($"/admin?hostile={new string('x', 3000)}", UriKind.Relative))).StatusCode);

        var row = Assert.Single(await RefusalsAsync(tower));
        Assert.Equal((person.Id, Permissions.AccountsRead, "route:/admin", "127.0.0.1", "Executive"), (row.Actor.Id, row.Action, row.Subject, row.Actor.Address, row.Actor.Role));
        Assert.Equal("{}", row.Detail);
    }

    [Fact]
    public async Task What_was_typed_into_the_address_is_never_stored()
    {
        await using var tower = await TestTower.StartAsync();
        using var client = await tower.SignInAsAsync(Roles.Executive);
        await client.GetAsync(new Uri("/connections/<script>canary-4711", UriKind.Relative));

        var row = Assert.Single(await RefusalsAsync(tower));
        Assert.DoesNotContain("canary", $"{row.Subject}{row.Reason}{row.Detail}{row.Action}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_fills_so_many_rows_a_minute_and_the_rest_is_counted()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (clock, log) = (new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)), new AuditLog(database.Sources, TimeProvider.System));
        var denials = new Denials(log, clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<Denials>.Instance);
        var (one, other) = (Person(), Person());
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => denials.TellAsync(one.Actor("10.0.0.1"), Permissions.AuditRead, $"route:/door-{i % 100}")));
        await denials.TellAsync(other.Actor("10.0.0.2"), Permissions.AuditRead, "route:/admin");
        Assert.Equal(Denials.MostPerMinute + 1, await database.ScalarAsync<long>("select count(*) from audit"));

        clock.Advance(TimeSpan.FromMinutes(1));
        await denials.TellAsync(one.Actor("10.0.0.1"), Permissions.AuditRead, $"route:/{new string('d', 5000)}");
        var newest = (await new AuditReader(database.Sources).LatestAsync(1))[0];
        Assert.Equal($"{{\"more before this\":\"{500 - Denials.MostPerMinute}\"}}", newest.Detail);
        Assert.True(newest.Subject.Length <= 200);
    }

    private static SignedIn Person() => new(Guid.NewGuid(), "Ada", "ada@test.example", Roles.Executive, Finance: false);

    private static async Task<IReadOnlyList<AuditRow>> RefusalsAsync(TestTower tower) =>
        [.. (await tower.Services.GetRequiredService<AuditReader>().LatestAsync(100)).Where(row => row.Outcome == "refused")];
}
