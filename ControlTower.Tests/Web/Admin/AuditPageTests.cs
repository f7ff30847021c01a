using Bunit;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Operations;
using ControlTower.Tests.Support;
using ControlTower.Tests.Web.Shared;
using ControlTower.Web.Pages.Admin;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Web.Admin;

/// <summary>The audit page without a browser: address, model, the parts.</summary>
public sealed class AuditPageTests
{
    private static readonly Actor Ida = new(Guid.CreateVersion7(), "Ida Holm", "Operations", "10.0.0.7");

    [Theory]
    [InlineData("/admin/audit")]
    [InlineData("/admin/audit?person=nobody&outcome=refused")]
    [InlineData("/admin/audit?person=0198c0de-0000-7000-8000-000000000001&act=exceptions%3Acase%3Aretry&subject=NL-1&q=by%20hand&from=2026-11-01&to=2026-11-26&before=120&open=118")]
    public void An_address_gives_a_query_that_gives_the_address(string address) => Assert.Equal(address, AuditQuery.Parse(address).Href());

    [Theory]
    [InlineData("person=somebody", "person")]
    [InlineData("outcome=fine", "outcome")]
    [InlineData("from=yesterday", "from")]
    [InlineData("to=2026-13-01", "to")]
    public void A_part_that_makes_no_sense_is_left_out_and_explained(string part, string name)
    {
        var query = AuditQuery.Parse($"/admin/audit?{part}&q=kept");

        Assert.Equal(name, Assert.Single(query.Wrong).Name);
        Assert.Equal("/admin/audit?q=kept", query.Href());
    }

    [Theory]
    [InlineData("?before=-1&open=x&before=2")]
    [InlineData("?q=%00%1B%5B31m&subject=%F0%9F&act[]=1")]
    [InlineData("?%3Cscript%3E=1&&&==#x")]
    public void Any_address_gives_a_query(string address) => Assert.StartsWith("/admin/audit", AuditQuery.Parse(address).Href(), StringComparison.Ordinal);

    [Fact]
    public void A_day_begins_and_ends_in_the_zone_of_the_stores_and_a_file_is_of_the_whole_list()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");
        var query = AuditQuery.Parse("/admin/audit?from=2026-10-25&to=2026-10-25&before=9&open=8");
        var filter = query.Filter(zone);

        Assert.Equal((new DateTimeOffset(2026, 10, 24, 22, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 10, 25, 23, 0, 0, TimeSpan.Zero)), (filter.From, filter.Before));
        Assert.Equal("/admin/audit?from=2026-10-25&to=2026-10-25", query.Ask(ExportFormat.Csv, zone, 7).What);
        Assert.Contains("\"upTo\":7", query.Ask(ExportFormat.Csv, zone, 7).Filter, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_goes_on_where_the_one_before_ended_whatever_is_appended_and_says_how_much_fits()
    {
        await using var database = await TestDatabase.CreateAsync();
        var log = new AuditLog(database.Sources, TimeProvider.System);
        using var model = Model(database);
        for (var i = 0; i < AuditModel.PageLength + 20; i++)
        {
            await log.AppendAsync(new AuditEntry(Ida, i % 2 == 0 ? "a:b:c" : "d:e:f", $"thing:{i}"));
        }

        await model.OpenAsync(AuditQuery.All, TimeZoneInfo.Utc);
        Assert.Equal((120L, 120L, 21L), (model.Count, model.Newest, model.Next));
        Assert.Equal(Enumerable.Range(21, 100).Reverse().Select(i => (long)i), model.Rows.Select(row => row.Seq));
        Assert.Equal(["a:b:c", "d:e:f"], model.Acts);

        await log.AppendAsync(new AuditEntry(Ida, "a:b:c", "later"));
        await model.OpenAsync(AuditQuery.All with { Before = model.Next }, TimeZoneInfo.Utc);
        Assert.Equal(Enumerable.Range(1, 20).Reverse().Select(i => (long)i), model.Rows.Select(row => row.Seq));
        Assert.Null(model.Next);

        await model.OpenAsync(AuditQuery.All with { Subject = "nowhere" }, TimeZoneInfo.Utc);
        Assert.Equal((0L, 121L), (model.Count, model.Everything));
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_said_and_what_was_shown_stays()
    {
        await using var database = await TestDatabase.CreateAsync();
        await new AuditLog(database.Sources, TimeProvider.System).AppendAsync(new AuditEntry(Ida, "a:b:c", "thing"));
        using var model = Model(database);
        await model.OpenAsync(AuditQuery.All, TimeZoneInfo.Utc);
        await database.ExecuteAsync("alter table audit rename to elsewhere");

        await model.OpenAsync(AuditQuery.All, TimeZoneInfo.Utc);

        Assert.Contains("could not be read", model.Panel.Fault!.Text, StringComparison.Ordinal);
        Assert.Single(model.Rows);
    }

    [Fact]
    public void An_entry_is_verified_only_by_a_check_that_came_after_it_and_found_the_chain_whole()
    {
        var row = Row(at: PartsContext.Noon);

        Assert.Equal("Chain never verified", ChainWords.Of(null, row).Word);
        Assert.Equal("Verified with the chain", ChainWords.Of(Run(PartsContext.Noon.AddMinutes(5)), row).Word);
        Assert.Equal("Written after the last check", ChainWords.Of(Run(PartsContext.Noon.AddSeconds(1)), row).Word);
        Assert.Equal("Chain could not be verified", ChainWords.Of(Run(PartsContext.Noon.AddMinutes(5), failure: "no room"), row).Word);
        Assert.Equal("Chain broken at 12", ChainWords.Of(Run(PartsContext.Noon.AddMinutes(5), broken: ChainWords.Invariant), row).Word);
        Assert.Equal("Verified with the chain", ChainWords.Of(Run(PartsContext.Noon.AddMinutes(5), broken: "another-promise"), row).Word);
    }

    [Fact]
    public void The_checker_names_the_chain_as_the_page_expects() => Assert.Equal(ControlTower.Verify.AuditChain.Name, ChainWords.Invariant);

    [Fact]
    public async Task An_opened_entry_shows_who_what_why_before_after_and_its_place_in_the_chain()
    {
        await using var parts = new PartsContext();
        var row = Row(PartsContext.Noon, """{"from":"SKU-1","to":"SKU-2","left-out":"3"}""");
        var entry = parts.Render<AuditEntryView>(p => p.Add(view => view.Row, row).Add(view => view.Checked, Run(PartsContext.Noon.AddMinutes(5))));

        Assert.Contains("Ida Holm, Operations, from 10.0.0.7", entry.Markup, StringComparison.Ordinal);
        Assert.Equal(["When", "Who", "What", "About", "Why", "Before", "After", "Left out", "Outcome", "Hash", "Follows", "Chain"], entry.FindAll("dt").Select(term => term.TextContent));
        Assert.Equal("SKU-1", entry.Find("[data-ct='detail:from']").TextContent);
        Assert.Equal(new string('b', 64), entry.Find("[data-ct=entry-hash]").TextContent);
        Assert.Equal(new string('a', 64), entry.Find("[data-ct=entry-follows]").TextContent);
        Assert.Contains("Verified with the chain", entry.Find("[data-ct=entry-chain]").TextContent, StringComparison.Ordinal);
    }

    private static AuditModel Model(TestDatabase database)
    {
        var log = new AuditLog(database.Sources, TimeProvider.System);
        return new AuditModel(
            new AuditQueries(database.Sources), new AccountStore(database.Sources, log, new SignInWays(() => true, () => null, (_, _) => true), TimeProvider.System), new IntegrityStore(database.Sources), TimeProvider.System, NullLogger<AuditModel>.Instance);
    }

    private static AuditRow Row(DateTimeOffset at, string detail = "{}") =>
        new(5, at, Ida, "exceptions:mapping:put", "connection:bc-eu", "done", "renamed in the ERP", detail, [.. Enumerable.Repeat((byte)0xAA, 32)], [.. Enumerable.Repeat((byte)0xBB, 32)]);

    private static IntegrityRun Run(DateTimeOffset finished, string? failure = null, string? broken = null) =>
        new(1, finished, TimeSpan.FromSeconds(30), 40, 0, OwnRole: true, broken is null ? [] : [new Violation(broken, "…", 1, "entry", ["12"])], failure);
}
