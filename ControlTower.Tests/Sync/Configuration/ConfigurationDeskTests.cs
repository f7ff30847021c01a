using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Audit;
using ControlTower.Data.Connections;
using ControlTower.Data.Live;
using ControlTower.Sync.Configuration;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Feeds;
using ControlTower.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Configuration;

/// <summary>What admins set goes out as one file and comes in again, all of it or nothing, in sight of each difference, and never with a secret.</summary>
public sealed class ConfigurationDeskTests : IAsyncLifetime
{
    private const string Canary = "canary-4711-secret-x4f2";
    private static readonly Actor Tess = new(Guid.Parse("0199b2a0-0000-7000-8000-000000000001"), "Tess Visser", "Admin");

    private readonly EphemeralDataProtectionProvider keys = new();
    private TestDatabase database = null!;
    private ConfigurationDesk desk = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        desk = DeskOver(database);
        await PeopleAsync(database);
        await FilledAsync();
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_file_brings_an_empty_tower_to_the_same_file_byte_for_byte()
    {
        var file = await desk.ExportAsync(Tess, Cancel);
        Assert.All(JsonNode.Parse(file)!["sections"]!.AsObject(), section => Assert.NotEmpty(section.Value!.AsArray()));
        Assert.DoesNotContain(Canary, Encoding.UTF8.GetString(file), StringComparison.Ordinal);

        await using var empty = await TestDatabase.CreateAsync();
        await PeopleAsync(empty);
        var there = DeskOver(empty);
        Assert.IsType<ConfigurationAnswer.Done>(await ApplyAsync(there, file, remove: true));

        Assert.Equal(Encoding.UTF8.GetString(file), Encoding.UTF8.GetString(await there.ExportAsync(Tess, Cancel)));
        Assert.Empty((await there.LookAsync(file, remove: true, Tess, Cancel)).Changes);
        Assert.IsType<ConfigurationAnswer.AlreadySo>(await there.ApplyAsync(file, remove: true, "", "again", Tess, Cancel));
        // Nothing that came so is at work before somebody has entered its secrets.
        Assert.Equal(0, await empty.ScalarAsync<long>("select (select count(*) from connection where disabled_at is null) + (select count(*) from notification_channel where enabled) + (select count(*) from api_key) + (select count(*) from feed where target = 'sftp' and paused_at is null)"));
        Assert.Equal(1, await empty.ScalarAsync<long>("select count(*) from feed where paused_at is null"));
        Assert.Equal(2, await empty.ScalarAsync<long>("select count(*) from connection_gate"));

        // What waits for its secrets takes the next file, too; what is in use without them does not.
        var renamed = Edited(file, sections => One(sections, "connections", "id", "vendure-nl")["name"] = "Vendure Nederland");
        Assert.Equal(new ConfigurationAnswer.Done(0, 1, 0), await ApplyAsync(there, renamed, remove: true));
        await empty.ExecuteAsync("update connection set disabled_at = null, disabled_by = null, disabled_reason = null");
        Assert.Equal("/sections/connections/1/settings/apiKey", Assert.Single((await there.LookAsync(file, remove: false, Tess, Cancel)).Changes).Refused?.Pointer);
    }

    [Fact]
    public async Task A_look_says_item_by_item_what_would_change_and_changes_nothing()
    {
        var file = Edited(await desk.ExportAsync(Tess, Cancel), sections =>
        {
            One(sections, "currencies", "currency", "GBP")["rate"] = 1.2m;
            sections["currencies"]!.AsArray().Add(JsonNode.Parse("""{"currency": "SEK", "rate": 0.087, "asOf": "2026-11-20"}"""));
            sections["remedies"]!.AsArray().RemoveAt(0);
        });

        var look = await desk.LookAsync(file, remove: false, Tess, Cancel);

        Assert.True(look.MayApply);
        Assert.Equal(1, look.Kept);
        Assert.Equal([("currencies", "GBP", ConfigurationAct.Change), ("currencies", "SEK", ConfigurationAct.Add)], look.Changes.Select(change => (change.Section.Name, change.Key, change.Act)));
        Assert.Equal(new ConfigurationDifference("rate", "1.1742", "1.2"), Assert.Single(look.Changes[0].Differences));
        Assert.Equal(1.1742m, await database.ScalarAsync<decimal>("select rate from currency_rate where currency = 'GBP'"));

        var strict = await desk.LookAsync(file, remove: true, Tess, Cancel);
        Assert.Equal(("remedies", ConfigurationAct.Remove), strict.Changes.Select(change => (change.Section.Name, change.Act)).Last());
        Assert.Equal(new ConfigurationAnswer.Done(1, 1, 1), await desk.ApplyAsync(file, remove: true, strict.Mark, "rates of the week", Tess, Cancel));
        Assert.Equal("1.2 0", await database.ScalarAsync<string>("select trim_scale(rate)::text || ' ' || (select count(*) from remedy) from currency_rate where currency = 'GBP'"));
        Assert.Equal(
            "admin:currency:write currency:GBP rates of the week|admin:currency:write currency:SEK rates of the week|exceptions:remedy:write remedy:missing/tax-code rates of the week|admin:configuration:manage configuration rates of the week",
            await database.ScalarAsync<string>("select string_agg(action || ' ' || subject || ' ' || reason, '|' order by seq) from audit where reason = 'rates of the week'"));
    }

    [Fact]
    public async Task What_changed_between_the_look_and_the_word_is_looked_at_again()
    {
        var file = Edited(await desk.ExportAsync(Tess, Cancel), sections => One(sections, "currencies", "currency", "GBP")["rate"] = 1.2m);
        var look = await desk.LookAsync(file, remove: false, Tess, Cancel);
        await database.ExecuteAsync("update retention_rule set days = 44");

        Assert.Equal("1.1742", (Assert.IsType<ConfigurationAnswer.Moved>(await desk.ApplyAsync(file, remove: false, look.Mark, "why", Tess, Cancel))).Look.Changes.Single(c => c.Key == "GBP").Differences[0].Was);
        Assert.IsType<ConfigurationAnswer.Moved>(await desk.ApplyAsync(file, remove: true, (await desk.LookAsync(file, remove: false, Tess, Cancel)).Mark, "why", Tess, Cancel));
        Assert.Equal(1.1742m, await database.ScalarAsync<decimal>("select rate from currency_rate where currency = 'GBP'"));
    }

    [Fact]
    public async Task One_thing_that_is_refused_keeps_all_of_the_file_out_and_is_told_with_its_place()
    {
        var file = Edited(await desk.ExportAsync(Tess, Cancel), sections =>
        {
            One(sections, "currencies", "currency", "GBP")["rate"] = 1.2m;
            One(sections, "assignmentRules", "assignee", "ida@northlane.test")["assignee"] = "nobody@northlane.test";
            sections["stockRules"]!.AsArray().Add(JsonNode.Parse("""{"sku": "TEE", "location": "MOON", "excluded": true, "buffer": 0, "bufferPercent": 0}"""));
            One(sections, "caseClasses", "failure", "refused")["loss"] = 0.12345m;
        });

        var look = await desk.LookAsync(file, remove: false, Tess, Cancel);

        Assert.Equal(3, look.Refused);
        Assert.Contains(look.Changes, change => change.Refused is { Pointer: "/sections/assignmentRules/0" } refused && refused.Words.Contains("Nobody signs in here", StringComparison.Ordinal));
        Assert.Contains(look.Changes, change => change.Refused is { Pointer: "/sections/stockRules/1" } refused && refused.Words.Contains("not here", StringComparison.Ordinal));
        Assert.Contains(look.Changes, change => change.Refused is { } refused && refused.Words.Contains("loss as 0.123", StringComparison.Ordinal));
        Assert.IsType<ConfigurationAnswer.Refused>(await desk.ApplyAsync(file, remove: false, look.Mark, "why", Tess, Cancel));
        Assert.Equal(1.1742m, await database.ScalarAsync<decimal>("select rate from currency_rate where currency = 'GBP'"));
        Assert.Equal("refused", await database.ScalarAsync<string>("select outcome from audit order by seq desc limit 1"));
    }

    [Fact]
    public async Task Another_address_under_stored_secrets_and_secrets_among_settings_are_refused()
    {
        var export = await desk.ExportAsync(Tess, Cancel);
        await RefusedAsync(Edited(export, s => One(s, "connections", "id", "vendure-nl")["settings"]!["baseUrl"] = "https://thief.example.com"), "/sections/connections/1/settings", "another host");
        await RefusedAsync(Edited(export, s => One(s, "connections", "id", "vendure-nl")["settings"]!["apiKey"] = "ak:4711"), "/sections/connections/1/settings/apiKey", "secret");
        await RefusedAsync(Edited(export, s => One(s, "connections", "id", "vendure-nl")["kind"] = "shopify"), "/sections/connections/1/kind", "another kind");
        await RefusedAsync(Edited(export, s => One(s, "notificationChannels", "name", "Desk mail")["host"] = "thief.example.com"), "/sections/notificationChannels/0/host", "another server");
        await RefusedAsync(Edited(export, s => One(s, "schedules", "job", "retention")["cron"] = "0 0 31 2 *"), "/sections/schedules/0/cron", "never come");
        await RefusedAsync(Edited(export, s => One(s, "schedules", "job", "retention")["cron"] = "* * * * *"), "/sections/schedules/0/cron", "every 60 minutes at most");
        await RefusedAsync(Edited(export, s => One(s, "retention", "kind", "buyers")["days"] = 3), "/sections/retention/0/days", "30 to 36500");
        await RefusedAsync(Edited(export, s => One(s, "apiClients", "name", "Web shop")["scopes"] = new JsonArray("api:everything:write")), "/sections/apiClients/0/scopes", "scopes");
        await RefusedAsync(Edited(export, s => One(s, "stageLimits", "stage", "reserved")["stage"] = "forgotten"), "/sections/stageLimits/0/stage", "no such stage");
        await RefusedAsync(Edited(export, s => One(s, "apiLimits", "operation", "availability.show")["operation"] = "weather.show"), "/sections/apiLimits/1/operation", "no such operation");
        await RefusedAsync(Edited(export, s => One(s, "apiLimits", "operation", "availability.show")["perDay"] = 5), "/sections/apiLimits/1", "all operations together");
        await RefusedAsync(Edited(export, s => One(s, "apiLimits", "perSecond", "5")["client"] = "Nobody"), "/sections/apiLimits/2", "no client of this name");
        await RefusedAsync(Edited(export, s => One(s, "reconciliationRules", "name", "Stripe by name")["pattern"] = "(?<a>x)"), "pattern", "regular expression");
        await RefusedAsync(Edited(export, s => One(s, "reconciliationRules", "name", "Stripe by name")["currency"] = null), "currency", "five yen");

        await RefusedAsync(Edited(export, s => One(s, "feeds", "name", "Bank drop")["port"] = 2222), "/sections/feeds/0/host", "another server");
        await RefusedAsync(Edited(export, s => One(s, "feeds", "name", "Bank drop")["host"] = "thief.example.com"), "/sections/feeds/0/host", "does not name this server");
        await RefusedAsync(Edited(export, s => One(s, "feeds", "name", "Nightly sales")["path"] = "../etc"), "/sections/feeds/1/path", "No step may begin with a dot");
        await RefusedAsync(Edited(export, s => One(s, "feeds", "name", "Nightly sales")["holidays"] = new JsonArray("25.12.2026")), "/sections/feeds/1/holidays", "2026-12-25");
        await RefusedAsync(Edited(export, s => s["feedOrder"]!.AsArray().Add(JsonNode.Parse("""{"feed": "Nightly sales", "after": "Bank drop"}"""))), "/sections/feedOrder/1", "wait for each other");

        await RefusedAsync(Edited(export, s => s["sequence"]!.AsArray().Add(JsonNode.Parse("""{"domain": "price", "first": "@shop", "later": "vendure-be", "enabled": true}"""))), "/sections/sequence/1/later", "No connection of this name shows prices");
        await RefusedAsync(Edited(export, s => s["sequence"]!.AsArray().Add(JsonNode.Parse("""{"domain": "price", "first": "vendure-nl", "later": "@erp", "enabled": true}"""))), "/sections/sequence", "nothing could ever begin");

        async Task RefusedAsync(byte[] file, string pointer, string words)
        {
            var refused = Assert.Single((await desk.LookAsync(file, remove: false, Tess, Cancel)).Changes).Refused;
            Assert.EndsWith(pointer, refused?.Pointer, StringComparison.Ordinal);
            Assert.Contains(words, refused!.Words, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_order_of_systems_is_turned_round_by_one_file_and_only_its_end_is_judged()
    {
        var file = Edited(await desk.ExportAsync(Tess, Cancel), s => s["sequence"] = JsonNode.Parse("""[{"domain": "price", "first": "@shop", "later": "@erp", "enabled": true}]"""));

        Assert.False((await desk.LookAsync(file, remove: false, Tess, Cancel)).MayApply);
        Assert.Equal(new ConfigurationAnswer.Done(1, 0, 1), await ApplyAsync(desk, file, remove: true));
        Assert.Equal("@shop @erp Tess Visser", await database.ScalarAsync<string>("select string_agg(first || ' ' || later || ' ' || changed_by, ',') from sequence_rule"));
        Assert.Equal("add remove", await database.ScalarAsync<string>("select string_agg(detail::jsonb ->> 'act', ' ' order by seq) from audit where action = 'promotions:sequence:write'"));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("[]", "/kind")]
    [InlineData("""{"kind": "something", "version": 1, "sections": {}}""", "/kind")]
    [InlineData("""{"kind": "controltower-configuration", "version": 2, "sections": {}}""", "/version")]
    [InlineData("""{"kind": "controltower-configuration", "version": 1, "sections": {}, "more": 1}""", "/more")]
    [InlineData("""{"kind": "controltower-configuration", "version": 1, "sections": {"people": []}}""", "/sections/people")]
    [InlineData("""{"kind": "controltower-configuration", "version": 1, "sections": {"currencies": [{"currency": "GBP", "rate": "1", "asOf": "2026-11-20"}]}}""", "/sections/currencies/0/rate")]
    [InlineData("""{"kind": "controltower-configuration", "version": 1, "sections": {"currencies": [{"currency": "GBP", "rate": 1, "asOf": "2026-11-20", "secret": "x"}]}}""", "/sections/currencies/0/secret")]
    [InlineData("""{"kind": "controltower-configuration", "version": 1, "sections": {"currencies": [{"rate": 1, "rate": 2}]}}""", "")]
    [InlineData("""{"kind": "controltower-configuration", "version": 1, "sections": {"retention": [{"kind": "calls", "days": 90}, {"kind": "calls", "days": 91}]}}""", "/sections/retention/1")]
    [InlineData("""{"kind": "controltower-configuration", "version": 1, "sections": {"remedies": [{"failure": "\ud800", "code": "x", "advice": "x"}]}}""", "/sections/remedies/0/failure")]
    [InlineData("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "")]
    public async Task What_is_no_such_file_is_refused_with_its_place_and_stands_in_the_audit(string text, string pointer)
    {
        var look = await desk.LookAsync(Encoding.UTF8.GetBytes(text), remove: true, Tess, Cancel);

        Assert.Equal(pointer, look.Problems[0].Pointer);
        Assert.False(look.MayApply);
        Assert.Equal("admin:configuration:manage refused", await database.ScalarAsync<string>("select action || ' ' || outcome from audit order by seq desc limit 1"));
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_not_read()
    {
        Assert.Contains("larger", (await desk.LookAsync(new byte[ConfigurationFile.MostBytes + 1], remove: false, Tess, Cancel)).Problems[0].Words, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(async () => await desk.ApplyAsync(await desk.ExportAsync(Tess, Cancel), remove: false, "", "  ", Tess, Cancel));
    }

    [Fact]
    public async Task A_double_click_applies_once()
    {
        var file = Edited(await desk.ExportAsync(Tess, Cancel), sections => One(sections, "currencies", "currency", "GBP")["rate"] = 1.2m);
        var look = await desk.LookAsync(file, remove: false, Tess, Cancel);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => desk.ApplyAsync(file, remove: false, look.Mark, "twice", Tess, Cancel)));

        Assert.Single(answers.OfType<ConfigurationAnswer.Done>());
        Assert.Equal(3, answers.OfType<ConfigurationAnswer.AlreadySo>().Count());
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from audit where reason = 'twice'"));
    }

    [Fact]
    public async Task The_schema_is_published_beside_the_guides() =>
        await Goldens.MatchAsync(Path.Combine(Repository.Root, "docs", "configuration.schema.json"), [.. ConfigurationFile.Schema().TrimEnd('\n').Split('\n')]);

    private ConfigurationDesk DeskOver(TestDatabase over) => new(
        over.Sources,
        new ConfigurationRules(ConnectorCatalog.Standard(), new SecretSeal(keys), new KnownApi(["api:availability:read"], ["availability.show"]), Options.Create(new FeedOptions { Folder = "/srv/feeds", SftpHosts = ["drop.example.com"] }), TimeProvider.System),
        new AuditLog(over.Sources, TimeProvider.System), new ChangeNotifier(over.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance),
        TestCalendar.Over(over));

    private static async Task<ConfigurationAnswer> ApplyAsync(ConfigurationDesk desk, byte[] file, bool remove)
    {
        var look = await desk.LookAsync(file, remove, Tess, Cancel);
        Assert.Equal("", string.Join('\n', look.Problems.Concat(look.Changes.Select(change => change.Refused).OfType<ConfigurationProblem>()).Select(problem => $"{problem.Pointer} {problem.Words}")));
        return await desk.ApplyAsync(file, remove, look.Mark, "a new tower", Tess, Cancel);
    }

    private static byte[] Edited(byte[] file, Action<JsonObject> edit)
    {
        var root = JsonNode.Parse(file)!;
        edit(root["sections"]!.AsObject());
        return JsonSerializer.SerializeToUtf8Bytes(root);
    }

    private static JsonObject One(JsonObject sections, string section, string key, string value) =>
        sections[section]!.AsArray().Select(item => item!.AsObject()).Single(item => item[key]!.ToString() == value);

    private static Task PeopleAsync(TestDatabase over) => over.ExecuteAsync(
        "insert into account (id, email, name, role, security_stamp, created_at) values (gen_random_uuid(), 'ida@northlane.test', 'Ida Holm', 'Operations', gen_random_uuid(), now()) on conflict do nothing");

    private async Task FilledAsync()
    {
        await database.ExecuteAsync(
            """
            insert into connection (id, kind, role, name, brand, region, currency, time_zone, settings) values
              ('tryton-eu', 'tryton', 'erp', 'Tryton EU', 'Northlane', 'EU', 'EUR', 'Europe/Berlin', '{"baseUrl": "https://erp.example.com", "database": "tryton", "user": "tower"}');
            insert into connection (id, kind, role, name, brand, currency, time_zone, posts_to, settings) values
              ('vendure-nl', 'vendure', 'shop', 'Vendure NL', 'Fjord', 'EUR', 'Europe/Amsterdam', 'tryton-eu', '{"baseUrl": "https://shop.example.com"}');
            insert into connection_gate (connection_id) values ('tryton-eu'), ('vendure-nl');
            insert into location (id, name, kind, brand, region, time_zone, price_groups) values ('WH-1', 'Venlo', 'warehouse', null, 'EU', null, '{}'), ('S-7', 'Utrecht', 'store', 'Fjord', 'EU', 'Europe/Amsterdam', '{NL,BENELUX}');
            insert into mapping (connection_id, kind, from_value, to_value, fingerprint, who, why) values ('tryton-eu', 'tax', '0.21', 'VAT21', 'f', 'Ida Holm', 'known');
            insert into assignment_rule (position, brand, shop, assignee) select 3, 'Fjord', 'vendure-nl', id from account;
            insert into remedy (failure, code, advice, changed_by) values ('missing', 'tax-code', E'Ask Ida.\nThen map it.', 'Ida Holm');
            insert into kpi_target (kpi, brand, target, objective, owner, words, set_by, key) values ('order-acknowledgement', '', 60, 0.95, 'Operations', 'as agreed', 'Ida Holm', gen_random_uuid());
            insert into kpi_assumption (name, value, words, set_by, key) values ('hour-rate', 41.5, 'payroll', 'Ida Holm', gen_random_uuid());
            insert into currency_rate (currency, rate, as_of, changed_by) values ('GBP', 1.1742, '2026-11-24', 'Ida Holm');
            insert into channel_rule (location, connection_id, buffer, buffer_percent, changed_by) values ('S-7', 'vendure-nl', 2, 12.5, 'Ida Holm');
            insert into stock_watch (sku, below, again, changed_by) values ('TEE', 5, 8, 'Ida Holm');
            insert into stock (sku, location, safety) select 'TEE', id, 3 from location order by id limit 1;
            insert into recon_limit (role, currency, most, changed_by) values ('Finance', 'EUR', 250, 'Ida Holm') on conflict do nothing;
            insert into api_client (id, name, scopes, channels, created_by) values (gen_random_uuid(), 'Web shop', '{api:availability:read}', '{vendure-nl}', 'Ida Holm');
            insert into api_limit (client_id, operation, per_second, burst, at_once, per_day, changed_by) select id, '', 5, 10, 2, 10000, 'Ida Holm' from api_client;
            insert into api_limit (client_id, operation, per_second, burst, at_once, changed_by) values (null, 'availability.show', 50, 100, 8, 'Ida Holm');
            insert into recon_rule (comparison, name, kind, currency, above, below_percent, pattern, confirms, changed_by)
              select name, 'Stripe by name', 'amount', 'EUR', 0.05, 1.5, 'STRIPE|ADYEN', true, 'Ida Holm' from recon_comparison order by name limit 1;
            insert into recon_owner_rule (position, comparison, source, owner_id) select 1, 'order', 'vendure-nl', id from account;
            insert into recon_owner_rule (position, kind, owner_role) values (2, 'fee', 'Finance');
            update recon_sla set within = '4 days' where kind = 'fee';
            insert into stage_rule (stage, minutes, changed_by) values ('reserved', 45, 'Ida Holm');
            insert into feed (name, what, format, target, path, time_zone, cron, holidays, since, planned_to, changed_by) values
              ('Nightly sales', 'sales', 'csv', 'folder', 'finance/daily', 'Europe/Amsterdam', '0 4 * * *', '{2026-12-26,2026-12-25}', '2026-11-01', now(), 'Ida Holm');
            insert into feed (name, what, format, brand, target, path, host, username, host_key, secrets, time_zone, cron, weekdays, catches_up, waits_complete, since, planned_to, changed_by) values
              ('Bank drop', 'payouts', 'xlsx', 'Fjord', 'sftp', 'in', 'drop.example.com', 'tower', repeat('A', 43), '\x09f0c9f0'::bytea, 'Europe/Berlin', '30 5 * * *', 31, false, true, '2026-11-01', now(), 'Ida Holm');
            insert into feed_wait (feed_id, on_feed) select f.id, o.id from feed f, feed o where f.name = 'Bank drop' and o.name = 'Nightly sales';
            insert into job_schedule (job, cron, changed_by) values ('retention', '30 4 * * *', 'Ida Holm');
            insert into retention_rule (kind, days, changed_by) values ('buyers', 400, 'Ida Holm');
            insert into notification_channel (id, kind, name, settings, events, zone, quiet_from, quiet_to, secrets) values
              (gen_random_uuid(), 'email', 'Desk mail', '{"host": "smtp.example.com", "port": 587, "tls": "starttls", "user": "tower", "from": "tower@example.com", "to": "desk@example.com"}', '{sla,assigned}', 'Europe/Berlin', '22:00', '07:00',
               '\x09f0c9f0'::bytea || decode(repeat('00', 40), 'hex')),
              (gen_random_uuid(), 'slack', 'Desk slack', '{"host": "hooks.slack.com"}', '{incident}', 'UTC', null, null, null);
            """);
        await SealAsync("tryton-eu", "password");
        await SealAsync("vendure-nl", "apiKey");
    }

    private async Task SealAsync(string id, string secret)
    {
        await using var command = database.Sources.Work.CreateCommand("update connection set secrets = $1 where id = $2");
        command.Parameters.Add(new() { Value = new SecretSeal(keys).Seal(id, new Dictionary<string, string> { [secret] = Canary }) });
        command.Parameters.Add(new() { Value = id });
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
