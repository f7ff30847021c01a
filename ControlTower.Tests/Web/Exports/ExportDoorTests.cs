using System.Net;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using ControlTower.Tests.Sync.Exports;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web.Exports;

/// <summary>Lists and files at their addresses. The test is the worker.</summary>
public sealed class ExportDoorTests : IAsyncLifetime
{
    private TestTower tower = null!;

    public async ValueTask InitializeAsync() => tower = await TestTower.StartAsync();

    public ValueTask DisposeAsync() => tower.DisposeAsync();

    [Fact]
    public async Task A_short_list_is_answered_at_once_as_a_workbook_of_exactly_its_rows()
    {
        await ExportWorld.CasesAsync(tower.Database, 1_200);
        using var client = await tower.SignInAsAsync(Roles.Operations);
        using var answer = await client.GetAsync(Address("/exceptions/export.xlsx?brand=Fjord&view=oldest"));

        var rows = XlsxFileTests.Read(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", answer.Content.Headers.ContentType!.MediaType);
        Assert.Matches("^exceptions-[0-9]{8}-[0-9]{4}.xlsx$", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        Assert.Equal(await tower.Database.ScalarAsync<string[]>("select array_agg('C-' || id order by opened_at, id) from exception_case where brand = 'Fjord'"), rows.Select(row => (string)row["A"]!));
        Assert.Equal("=1+100", rows.First(row => (string)row["A"]! == "C-100")["F"]);
        Assert.Equal("600 cases|xlsx", await tower.Database.ScalarAsync<string>("select subject || '|' || (detail::jsonb ->> 'format') from audit where action = 'exceptions:case:export'"));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("xlsx")]
    public async Task A_long_list_is_not_answered_at_once_but_told_to_be_asked_for(string format)
    {
        await ExportWorld.CasesAsync(tower.Database, 12_000);
        using var client = await tower.SignInAsAsync(Roles.Operations);
        using var answer = await client.GetAsync(Address($"/exceptions/export.{format}"));

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("too-many-rows", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:export'"));
    }

    [Fact]
    public async Task The_trail_goes_out_to_whoever_may_read_it_exactly_as_filtered()
    {
        using var admin = await tower.SignInAsAsync(Roles.Admin);
        using var operations = await tower.SignInAsAsync(Roles.Operations);
        var expected = await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'shell:session:open'");
        using var answer = await admin.GetAsync(Address("/admin/audit/export.csv?act=shell%3Asession%3Aopen"));
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.StartsWith("Number,At,Who", lines[0].TrimStart('\uFEFF'), StringComparison.Ordinal);
        Assert.Equal(expected, lines.Length - 1);
        Assert.All(lines.Skip(1), line => Assert.Contains(",shell:session:open,", line, StringComparison.Ordinal));
        Assert.Equal($"{expected} entries", await tower.Database.ScalarAsync<string>("select subject from audit where action = 'admin:audit:export'"));
        Assert.Equal(HttpStatusCode.Forbidden, (await operations.GetAsync(Address("/admin/audit/export.csv"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await operations.GetAsync(Address("/admin/audit"))).StatusCode);
    }

    [Fact]
    public async Task A_file_is_fetched_by_whoever_asked_for_it_and_for_everybody_else_it_is_not_there()
    {
        await ExportWorld.CasesAsync(tower.Database, 5_000);
        var (ida, eve) = (await tower.PersonAsync(Roles.Operations), await tower.PersonAsync(Roles.Admin));
        using var owner = await tower.SignInAsync(ida);
        using var stranger = await tower.SignInAsync(eve);
        var id = await StartAsync(ida, ExportWorld.Cases());
        Assert.Equal(HttpStatusCode.Conflict, (await owner.GetAsync(File(id))).StatusCode);
        await MakeAsync();

        using var answer = await owner.GetAsync(File(id));
        var export = (await tower.Services.GetRequiredService<ExportStore>().FindAsync(id, ida.Id))!;
        Assert.Equal(await ExportWorld.FileAsync(tower.Database, export), await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(export.Size, answer.Content.Headers.ContentLength);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync(File(id))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.GetAsync(File(id + 1))).StatusCode);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>($"select count(*) from audit where subject = 'export:{id}' and actor_id = '{ida.Id}' and detail::jsonb ->> 'act' = 'fetch'"));
        Assert.Equal(0, await tower.Database.ScalarAsync<long>($"select count(*) from audit where subject = 'export:{id}' and actor_id = '{eve.Id}'"));

        await tower.Database.ExecuteAsync("update export set finished_at = now() - interval '25 hours'");
        Assert.Equal(HttpStatusCode.Gone, (await owner.GetAsync(File(id))).StatusCode);
    }

    [Fact]
    public async Task Who_may_not_read_the_trail_any_more_does_not_fetch_it_either()
    {
        var person = await tower.PersonAsync(Roles.Operations);
        using var client = await tower.SignInAsync(person);
        var id = await StartAsync(person, AuditExport.Ask(new AuditFilter(), ExportFormat.Csv, Links.Audit));
        await MakeAsync();

        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync(File(id))).StatusCode);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>($"select count(*) from audit where action = '{Permissions.AuditRead}' and outcome = 'refused' and actor_id = '{person.Id}'"));
    }

    private static Uri Address(string address) => new(address, UriKind.Relative);

    private static Uri File(long id) => Address(Links.ExportFile(id));

    private async Task<long> StartAsync(Account person, ExportAsked asked) =>
        (await tower.Services.GetRequiredService<ExportDesk>().StartAsync(Guid.NewGuid(), asked, new Actor(person.Id, person.Name, person.Role), default)).Id!.Value;

    private async Task MakeAsync()
    {
        using var pump = ActivatorUtilities.CreateInstance<ExportPump>(tower.Services);
        await pump.RunOnceAsync(default);
        await pump.Making;
    }

    [Theory]
    [InlineData("failure=moon", "failure: There is no failure kind")]
    [InlineData("batch=x", "batch: \\u0022x\\u0022 is no batch")]
    [InlineData("view=moon", "view: There is no view")]
    [InlineData("type=moon", "type: There is no message type")]
    [InlineData("closedFrom=yesterday", "closedFrom: Write a day")]
    [InlineData("openedFrom=2026-11-05&openedTo=2026-11-01", "opened: The first day is after the last")]
    public async Task An_address_that_cannot_be_understood_gives_no_file_of_more_than_was_asked_for(string query, string words)
    {
        await ExportWorld.CasesAsync(tower.Database, 10);
        using var client = await tower.SignInAsAsync(Roles.Operations);
        client.DefaultRequestHeaders.Add("Accept", "application/json");
        using var answer = await client.GetAsync(Address("/exceptions/export.csv?" + query));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:export'"));
    }
}
