using ControlTower.Web.Auth;
using Xunit;
using static ControlTower.Tests.Web.Api.StockApiWorld;

namespace ControlTower.Tests.Web.Api;

/// <summary>An alert from outside brings promotions home.</summary>
public sealed class ReleasesApiTests
{
    [Fact]
    public async Task An_alert_brings_home_what_is_out_and_matches_once_with_who_and_why()
    {
        await using var world = await StartAsync();
        await world.Tower.Database.ExecuteAsync(
            """
            insert into promotion (name, made_by) values ('Black Friday outerwear', 'A'), ('Black Friday 100% wool', 'A'), ('Members week', 'A'), ('Black Friday draft', 'A');
            insert into promotion_revision (promotion_id, revision, plan, state, made_by, made_by_id, sent_by_id, decided_by_id) select id, 1, '{"rules":{}}', 'approved', 'A', 'a', 'a', 'b' from promotion;
            update promotion set released = 1, state = 'live' where name not like '%draft';
            """);
        var program = await world.ProgramAsync("alerts", [Scopes.ReleasesRollBack]);
        var wish = new { nameHas = "black friday", reason = "Margin alert 4711." };
        var (status, body) = await SendAsync(program, HttpMethod.Post, "/api/v1/releases/rollback", wish);
        Assert.Equal((200, 2), (status, body.GetProperty("rollingBack").GetArrayLength()));
        Assert.Equal(0, (await SendAsync(program, HttpMethod.Post, "/api/v1/releases/rollback", wish)).Body.GetProperty("rollingBack").GetArrayLength());
        Assert.Equal("rolling-back, rolling-back, live, planned", await world.Tower.Database.ScalarAsync<string>("select string_agg(state, ', ' order by id) from promotion"));
        Assert.Equal(2, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'promotions:release:run' and reason = 'Margin alert 4711.'"));
    }

    [Fact]
    public async Task An_alert_about_a_connection_meets_what_changes_prices_there_and_holds_what_is_still_to_begin()
    {
        await using var world = await StartAsync();
        await world.Tower.Database.ExecuteAsync(
            """
            insert into promotion (name, made_by) values ('Out', 'A'), ('To begin', 'A'), ('Elsewhere', 'A');
            insert into promotion_revision (promotion_id, revision, plan, state, made_by, made_by_id, sent_by_id, decided_by_id)
                select id, 1, jsonb_build_object('rules', '{}'::jsonb, 'connections', jsonb_build_array(case when name = 'Elsewhere' then 'tills' else 'site' end)), 'approved', 'A', 'a', 'a', 'b' from promotion;
            update promotion set released = 1, state = case when name = 'To begin' then 'scheduled' else 'live' end;
            """);
        var program = await world.ProgramAsync("alerts", [Scopes.ReleasesRollBack]);
        var wish = new { connection = "site", reason = "The site shows wrong prices." };
        for (var (most, turn) = (1, 0); turn < 2; (most, turn) = (0, turn + 1))
        {
            var (status, body) = await SendAsync(program, HttpMethod.Post, "/api/v1/releases/rollback", wish);
            Assert.Equal((200, most, most), (status, body.GetProperty("rollingBack").GetArrayLength(), body.GetProperty("held").GetArrayLength()));
        }

        Assert.Equal("rolling-back, scheduled held, live", await world.Tower.Database.ScalarAsync<string>("select string_agg(state || case when held_at is not null then ' held' else '' end, ', ' order by id) from promotion"));
        Assert.Equal("/nameHas bad-words", Faults((await SendAsync(program, HttpMethod.Post, "/api/v1/releases/rollback", new { reason = "Everything." })).Body));
    }

    [Fact]
    public async Task Too_few_words_no_reason_and_a_missing_scope_are_refused_by_name()
    {
        await using var world = await StartAsync();
        var program = await world.ProgramAsync("alerts", [Scopes.ReleasesRollBack]);
        Assert.Equal("/nameHas bad-words, /reason bad-reason", Faults((await SendAsync(program, HttpMethod.Post, "/api/v1/releases/rollback", new { nameHas = "% ", reason = "" })).Body));
        Assert.Equal(403, (await SendAsync(await world.ProgramAsync("shop"), HttpMethod.Post, "/api/v1/releases/rollback", new { nameHas = "black", reason = "x" })).Status);
    }
}
