using System.Net;
using ControlTower.Data.Audit;
using ControlTower.Data.Connections;
using ControlTower.Data.Live;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Connections;

public sealed class SetupDeskTests : IAsyncLifetime
{
    private const string Canary = "canary-4711-secret-x4f2";
    private static readonly Actor Tess = new(Guid.Parse("0199b2a0-0000-7000-8000-000000000001"), "Tess Visser", "Admin");
    private static readonly Actor Rik = new(Guid.Parse("0199b2a0-0000-7000-8000-000000000002"), "Rik Bakker", "Admin");

    private readonly TestTransport network = new();
    private readonly EphemeralDataProtectionProvider keys = new();
    private TestDatabase database = null!;
    private ChangeNotifier changes = null!;
    private ConnectionTrial trial = null!;
    private SetupDesk desk = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        await new OrderWorld(database).ConnectAsync();
        changes = new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance);
        trial = new ConnectionTrial(network, TimeProvider.System, NullLogger<ConnectionTrial>.Instance);
        desk = Desk(new SecretSeal(keys));
    }

    public async ValueTask DisposeAsync()
    {
        trial.Dispose();
        changes.Dispose();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_new_connection_is_stored_sealed_with_its_gate_and_audited_without_any_value()
    {
        Assert.IsType<SetupAnswer.Done>(await desk.AddAsync(Vendure(), Tess));

        var row = (await ConnectionStore.AllAsync(database.Sources.Work, default)).Single(c => c.Id == "vendure-nl");
        Assert.Equal(("vendure", "shop", "bc-eu", 1), (row.Kind, row.Role, row.PostsTo, row.Version));
        Assert.True(new SecretSeal(keys).TryOpen("vendure-nl", row.SealedSecrets!, out var secrets));
        Assert.Equal(Canary, secrets["apiKey"]);
        Assert.True(await database.ScalarAsync<bool>("select exists (select 1 from connection_gate where connection_id = 'vendure-nl')"));
        Assert.Equal(["connections:connection:configure connection:vendure-nl Tess Visser add"], await AuditAsync());
        await NowhereAsync(Canary);
    }

    [Fact]
    public async Task A_double_click_adds_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => desk.AddAsync(Vendure(), Tess)));

        Assert.Single(answers.OfType<SetupAnswer.Done>());
        Assert.Equal(4, answers.OfType<SetupAnswer.AlreadySo>().Count());
        Assert.Single(await AuditAsync());
    }

    [Fact]
    public async Task A_key_that_another_connection_has_is_refused_and_nothing_is_changed()
    {
        var wrong = Assert.IsType<SetupAnswer.Wrong>(await desk.AddAsync(Vendure() with { Id = "shopify-eu" }, Tess));

        Assert.Equal("id", Assert.Single(wrong.Problems).Field);
        Assert.Equal("shopify", await database.ScalarAsync<string>("select kind from connection where id = 'shopify-eu'"));
        Assert.Empty(await AuditAsync());
    }

    [Fact]
    public async Task A_change_keeps_the_secrets_that_were_not_typed_and_raises_the_version()
    {
        await desk.AddAsync(Vendure(), Tess);
        var hand = (await desk.OpenAsync("vendure-nl"))!;
        Assert.Empty(hand.Draft.Secrets);
        Assert.Equal("x4f2", hand.Endings["apiKey"]);

        Assert.IsType<SetupAnswer.Done>(await desk.ChangeAsync(hand.Draft with { Name = "Vendure Benelux" }, hand.Version, Tess));

        var after = (await desk.OpenAsync("vendure-nl"))!;
        Assert.Equal(("Vendure Benelux", 2, "x4f2"), (after.Draft.Name, after.Version, after.Endings["apiKey"]));
        Assert.Equal("name", await database.ScalarAsync<string>("select detail::jsonb ->> 'changed' from audit order by seq desc limit 1"));
        Assert.True(await database.ScalarAsync<bool>("select subscribed_at is null from connection where id = 'vendure-nl'"));
    }

    [Fact]
    public async Task The_second_of_two_admins_is_told_who_was_faster_and_changes_nothing()
    {
        await desk.AddAsync(Vendure(), Tess);
        var hand = (await desk.OpenAsync("vendure-nl"))!;
        var answers = await Task.WhenAll(
            desk.ChangeAsync(hand.Draft with { Name = "As Tess says" }, hand.Version, Tess), desk.ChangeAsync(hand.Draft with { Name = "As Rik says" }, hand.Version, Rik));

        Assert.Single(answers.OfType<SetupAnswer.Done>());
        var late = Assert.Single(answers.OfType<SetupAnswer.Changed>());
        var name = await database.ScalarAsync<string>("select name from connection where id = 'vendure-nl'");
        Assert.Equal($"As {late.Last!.By.Split(' ')[0]} says", name);
        Assert.Equal(2, (await AuditAsync()).Count);
    }

    [Fact]
    public async Task Saving_what_stands_already_changes_nothing_whatever_the_version()
    {
        await desk.AddAsync(Vendure(), Tess);
        var hand = (await desk.OpenAsync("vendure-nl"))!;

        Assert.IsType<SetupAnswer.AlreadySo>(await desk.ChangeAsync(hand.Draft, version: 0, Rik));
        Assert.Single(await AuditAsync());
    }

    [Fact]
    public async Task A_stored_secret_does_not_follow_an_address_to_another_host()
    {
        await desk.AddAsync(Vendure(), Tess);
        var hand = (await desk.OpenAsync("vendure-nl"))!;
        var moved = hand.Draft with { Settings = new Dictionary<string, string> { ["baseUrl"] = "https://elsewhere.example" } };

        Assert.Equal("apiKey", Assert.Single(Assert.IsType<SetupAnswer.Wrong>(await desk.ChangeAsync(moved, hand.Version, Tess)).Problems).Field);
        Assert.Equal("apiKey", Assert.Single((await desk.TryAsync(moved, Tess)).Wrong).Field);
        Assert.Empty(network.Asked);
        Assert.IsType<SetupAnswer.Done>(await desk.ChangeAsync(moved with { Secrets = new Dictionary<string, string> { ["apiKey"] = "another-secret" } }, hand.Version, Tess));
    }

    [Fact]
    public async Task A_test_asks_with_the_typed_values_stores_nothing_and_is_audited_by_host()
    {
        var (wrong, answer) = await desk.TryAsync(Vendure(), Tess);

        Assert.Empty(wrong);
        Assert.Equal("ok", answer!.Outcome);
        Assert.Contains(Canary, Assert.Single(network.Asked), StringComparison.Ordinal);
        Assert.Null(await desk.OpenAsync("vendure-nl"));
        Assert.Equal("shop.example.com", await database.ScalarAsync<string>("select detail::jsonb ->> 'hosts' from audit"));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from vendor_call"));
        await NowhereAsync(Canary);
    }

    [Fact]
    public async Task An_answer_that_repeats_the_secret_is_not_shown()
    {
        network.Answer = _ => (HttpStatusCode.Forbidden, $$"""{"message":"{{Canary}} is not welcome"}""");
        var (_, answer) = await desk.TryAsync(Vendure(), Tess);

        Assert.NotEqual("ok", answer!.Outcome);
        Assert.DoesNotContain(Canary, answer.Message ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://shop.example.com")]
    [InlineData("https://tess:pass@shop.example.com")]
    [InlineData("https://169.254.169.254/latest")]
    [InlineData("https://metadata.google.internal")]
    public async Task An_unsound_address_is_refused_before_anybody_is_asked(string address)
    {
        var draft = Vendure() with { Settings = new Dictionary<string, string> { ["baseUrl"] = address } };

        Assert.Equal("baseUrl", Assert.Single(Assert.IsType<SetupAnswer.Wrong>(await desk.AddAsync(draft, Tess)).Problems).Field);
        Assert.Equal("baseUrl", Assert.Single((await desk.TryAsync(draft, Tess)).Wrong).Field);
        Assert.Empty(network.Asked);
        Assert.Empty(await AuditAsync());
    }

    [Fact]
    public async Task Disabling_needs_a_reason_keeps_everything_and_is_undone_by_enabling()
    {
        await desk.AddAsync(Vendure(), Tess);
        await Assert.ThrowsAsync<ArgumentException>(() => desk.DisableAsync("vendure-nl", "  ", Tess));
        Assert.IsType<SetupAnswer.Done>(await desk.DisableAsync("vendure-nl", " shop closed ", Tess));
        Assert.IsType<SetupAnswer.AlreadySo>(await desk.DisableAsync("vendure-nl", "again", Rik));
        Assert.IsType<SetupAnswer.Gone>(await desk.DisableAsync("nobody", "why", Rik));

        var status = Assert.Single(await new ConnectionQueries(database.Sources).StatusesAsync("vendure-nl"));
        Assert.Equal(("Tess Visser", "shop closed"), (status.Disabled!.By, status.Disabled.Reason));
        Assert.True(status.IsHampered);

        Assert.IsType<SetupAnswer.Done>(await desk.EnableAsync("vendure-nl", Rik));
        Assert.Null(Assert.Single(await new ConnectionQueries(database.Sources).StatusesAsync("vendure-nl")).Disabled);
        Assert.Equal(["add", "disable", "enable"], (await AuditAsync()).Select(line => line.Split(' ')[^1]));
    }

    [Fact]
    public async Task What_has_no_secrets_yet_is_not_taken_into_use()
    {
        await desk.AddAsync(Vendure(), Tess);
        Assert.IsType<SetupAnswer.Done>(await desk.DisableAsync("vendure-nl", "waits", Tess));
        await database.ExecuteAsync("update connection set secrets = null where id = 'vendure-nl'");
        Assert.Contains("apiKey", Assert.IsType<SetupAnswer.Wrong>(await desk.EnableAsync("vendure-nl", Rik)).Problems.Select(p => p.Field));
        Assert.NotNull(Assert.Single(await new ConnectionQueries(database.Sources).StatusesAsync("vendure-nl")).Disabled);
        Assert.IsType<SetupAnswer.Gone>(await desk.EnableAsync("nobody", Rik));
    }

    [Fact]
    public async Task Secrets_that_these_keys_cannot_open_have_to_be_entered_again()
    {
        await desk.AddAsync(Vendure(), Tess);
        var other = Desk(new SecretSeal(new EphemeralDataProtectionProvider()));
        var hand = (await other.OpenAsync("vendure-nl"))!;

        Assert.True(hand.Unreadable);
        Assert.Empty(hand.Endings);
        Assert.Contains(Assert.IsType<SetupAnswer.Wrong>(await other.ChangeAsync(hand.Draft with { Name = "x" }, hand.Version, Tess)).Problems, problem => problem.Field == "apiKey");
    }

    private SetupDesk Desk(SecretSeal seal) => new(database.Sources, ConnectorCatalog.Standard(), seal, trial, new AuditLog(database.Sources, TimeProvider.System), changes);

    private static ConnectionDraft Vendure() => new(
        "vendure-nl", "vendure", "Vendure NL", "Fjord", "NL", "EUR", "Europe/Amsterdam", "bc-eu",
        new Dictionary<string, string> { ["baseUrl"] = "https://shop.example.com" }, new Dictionary<string, string> { ["apiKey"] = Canary }, new HashSet<string>());

    private async Task NowhereAsync(string secret)
    {
        foreach (var table in new[] { "connection", "audit", "vendor_call", "connection_test" })
            Assert.Equal(0L, await database.ScalarAsync<long>($"select count(*) from {table} t where t::text like '%{secret}%'"));
    }

    private async Task<List<string>> AuditAsync()
    {
        await using var command = database.Sources.Work.CreateCommand("select action || ' ' || subject || ' ' || actor_name || ' ' || (detail::jsonb ->> 'act') from audit order by seq");
        await using var reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync())
            rows.Add(reader.GetString(0));
        return rows;
    }
}
