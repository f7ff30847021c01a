using System.Net;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static ControlTower.Tests.Web.Api.StockApiWorld;

namespace ControlTower.Tests.Web.Api;

/// <summary>A program holds goods over HTTP: repeated, late, with bad input, with another's key.</summary>
public sealed class ReservationsApiTests
{
    private const string Path = "/api/v1/reservations";

    [Fact]
    public async Task A_cart_is_held_lengthened_named_and_repeated_without_a_second_hold()
    {
        await using var world = await StartAsync();
        await world.HasAsync(("PARKA", "east", 3));
        using var shop = await world.ProgramAsync();
        var wish = new { kind = "cart", channel = "web", reference = "cart-1", lines = new[] { new { sku = "PARKA", quantity = 2 } } };
        var (status, held) = await SendAsync(shop, HttpMethod.Post, Path, wish, "cart-1/1");
        Assert.True(status == 201, held.ToString());
        Assert.Equal("active", held.GetProperty("state").GetString());
        Assert.Equal("east", held.GetProperty("lines")[0].GetProperty("location").GetString());
        var id = held.GetProperty("id").GetString();
        var again = await SendAsync(shop, HttpMethod.Post, Path, wish, "cart-1/1");
        Assert.Equal((201, id), (again.Status, again.Body.GetProperty("id").GetString()));
        Assert.Equal(2, await world.Tower.Database.ScalarAsync<int>("select reserved from stock"));

        var reused = await SendAsync(shop, HttpMethod.Post, Path, new { kind = "cart", channel = "web", reference = "cart-2", lines = wish.lines }, "cart-1/1");
        Assert.Equal((422, "idempotency-key-reused"), (reused.Status, Slug(reused.Body)));
        var longer = await SendAsync(shop, HttpMethod.Post, $"{Path}/{id}/extend", new { seconds = 7200 });
        Assert.True(longer.Body.GetProperty("expiresAt").GetDateTimeOffset() > held.GetProperty("expiresAt").GetDateTimeOffset().AddMinutes(60));
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Put, $"{Path}/{id}/order", new { source = "web", id = "1001" })).Status);
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Put, $"{Path}/{id}/order", new { source = "web", id = "1001" })).Status);
        var elsewhere = await SendAsync(shop, HttpMethod.Put, $"{Path}/{id}/order", new { source = "market", id = "1001" });
        Assert.Equal("/source other-channel", Faults(elsewhere.Body));
        Assert.Equal(409, (await SendAsync(shop, HttpMethod.Post, $"{Path}/{id}/commit")).Status);
        var other = await SendAsync(shop, HttpMethod.Put, $"{Path}/{id}/order", new { source = "web", id = "1002" });
        Assert.Equal((409, "reservation-over"), (other.Status, Slug(other.Body)));
        Assert.Contains("1001", other.Body.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_pair_goes_to_exactly_one_of_a_pick_up_and_a_till_and_the_other_is_told_at_once()
    {
        await using var world = await StartAsync();
        await world.HasAsync(("PAIR", "store-1", 1));
        using var web = await world.ProgramAsync("web app");
        using var till = await world.ProgramAsync("till");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => SendAsync(
            n % 2 == 0 ? web : till, HttpMethod.Post, Path,
            new { kind = n % 2 == 0 ? "pickup" : "till", reference = $"r{n}", location = "store-1", lines = new[] { new { sku = "PAIR", quantity = 1 } } }, $"k{n}")));
        Assert.Single(answers, a => a.Status == 201);
        Assert.All(answers.Where(a => a.Status != 201), a => Assert.Equal((409, "out-of-stock", "/lines/0/quantity short"), (a.Status, Slug(a.Body), Faults(a.Body))));
    }

    [Fact]
    public async Task A_pick_up_of_what_is_not_certain_is_refused_by_the_name_of_its_line()
    {
        await using var world = await StartAsync();
        await world.HasAsync(("A", "store-1", 9), ("B", "store-1", 9));
        await world.Tower.Database.ExecuteAsync("insert into drift_buffer (connection_id, sku, location, units) values ('web', 'B', 'store-1', 2)");
        using var shop = await world.ProgramAsync();
        var answer = await SendAsync(
            shop, HttpMethod.Post, Path, new { kind = "pickup", reference = "r", location = "store-1", lines = new[] { new { sku = "A", quantity = 1 }, new { sku = "B", quantity = 1 } } }, "k");
        Assert.Equal((409, "stock-uncertain", "/lines/1/sku uncertain"), (answer.Status, Slug(answer.Body), Faults(answer.Body)));
    }

    [Fact]
    public async Task What_is_over_stays_over_whoever_asks_and_however_often()
    {
        await using var world = await StartAsync();
        await world.HasAsync(("A", "east", 9));
        using var shop = await world.ProgramAsync();
        using var stranger = await world.ProgramAsync("stranger");
        async Task<string> HoldAsync(string key) => (await SendAsync(
            shop, HttpMethod.Post, Path, new { kind = "cart", reference = key, lines = new[] { new { sku = "A", quantity = 1 } } }, key)).Body.GetProperty("id").GetString()!;
        var (sold, dropped, late) = (await HoldAsync("sold"), await HoldAsync("dropped"), await HoldAsync("late"));
        Assert.Equal(404, (await SendAsync(stranger, HttpMethod.Post, $"{Path}/{sold}/commit")).Status);
        Assert.Equal("committed", (await SendAsync(shop, HttpMethod.Post, $"{Path}/{sold}/commit")).Body.GetProperty("state").GetString());
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Post, $"{Path}/{sold}/commit")).Status);
        Assert.Equal(409, (await SendAsync(shop, HttpMethod.Post, $"{Path}/{sold}/release")).Status);
        Assert.Equal("released", (await SendAsync(shop, HttpMethod.Post, $"{Path}/{dropped}/release")).Body.GetProperty("state").GetString());
        Assert.Equal(409, (await SendAsync(shop, HttpMethod.Post, $"{Path}/{dropped}/extend", new { seconds = 60 })).Status);
        await world.Tower.Database.ExecuteAsync($"update stock_hold set expires_at = now() - interval '1 second' where id = '{late}'");
        Assert.Equal("expired", (await SendAsync(shop, HttpMethod.Get, $"{Path}/{late}")).Body.GetProperty("state").GetString());
        Assert.Equal((409, "reservation-over"), (await SendAsync(shop, HttpMethod.Post, $"{Path}/{late}/commit")) is var (s, b) ? (s, Slug(b)) : default);
        Assert.Equal(8, await world.Tower.Database.ScalarAsync<int>("select on_hand from stock"));
    }

    [Theory]
    [InlineData("""{"kind":"cart","reference":"r","lines":[]}""", "/lines count")]
    [InlineData("""{"kind":"cart","reference":"","lines":[{"sku":"A","quantity":1}]}""", "/reference bad-reference")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":"A","quantity":0}]}""", "/lines/0/quantity bad-quantity")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":"A","quantity":-3}]}""", "/lines/0/quantity bad-quantity")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":"A","quantity":1.5}]}""", "/lines/0/quantity unreadable")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":"A","quantity":1e400}]}""", "/lines/0/quantity unreadable")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":"A","quantity":99999999999}]}""", "/lines/0/quantity unreadable")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":"A","quantity":"1"}]}""", "/lines/0/quantity unreadable")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":"A\u0000","quantity":1}]}""", "/lines/0/sku bad-sku")]
    [InlineData("""{"kind":"basket","reference":"r","lines":[{"sku":"A","quantity":1}]}""", "/kind unreadable")]
    [InlineData("""{"kind":1,"reference":"r","lines":[{"sku":"A","quantity":1}]}""", "/kind unreadable")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":"A","quantity":1}],"colour":"red"}""", "/colour unreadable")]
    [InlineData("""{"kind":"cart","kind":"till","reference":"r","lines":[{"sku":"A","quantity":1}]}""", "/kind unreadable")]
    [InlineData("""{"kind":"cart","reference":"r"}""", " unreadable")]
    [InlineData("""{"kind":"cart","reference":"r","lines":null}""", "/lines unreadable")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[null]}""", "/lines/0 unreadable")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":" A","quantity":1}]}""", "/lines/0/sku bad-sku")]
    [InlineData("""{"kind":"pickup","reference":"r","lines":[{"sku":"A","quantity":1}]}""", "/location location-needed")]
    [InlineData("""{"kind":"pickup","reference":"r","location":"nowhere","lines":[{"sku":"A","quantity":1}]}""", "/location unknown-location")]
    [InlineData("""{"kind":"cart","channel":"elsewhere","reference":"r","lines":[{"sku":"A","quantity":1}]}""", "/channel unknown-channel")]
    [InlineData("""{"kind":"cart","reference":"r","seconds":5,"lines":[{"sku":"A","quantity":1}]}""", "/seconds bad-seconds")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":"A","quantity":1}]""", " unreadable")]
    [InlineData("""{"kind":"cart","reference":"r","lines":[{"sku":"Α","quantity":1}]}""", "/lines/0/sku unknown-sku")]
    public async Task A_fault_is_told_with_its_field_and_nothing_is_held(string body, string faults)
    {
        await using var world = await StartAsync();
        await world.HasAsync(("A", "east", 9));
        using var shop = await world.ProgramAsync();
        var (status, problem) = await SendAsync(shop, HttpMethod.Post, Path, body, "k");
        Assert.True(status is 400 or 409, $"{status}");
        Assert.Equal(faults, Faults(problem));
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from stock_hold"));
    }

    [Fact]
    public async Task Without_a_key_for_repeating_nothing_is_held()
    {
        await using var world = await StartAsync();
        using var shop = await world.ProgramAsync();
        var (status, problem) = await SendAsync(shop, HttpMethod.Post, Path, new { kind = "cart", reference = "r", lines = new[] { new { sku = "A", quantity = 1 } } });
        Assert.Equal((400, "idempotency-key-needed"), (status, Slug(problem)));
    }

    [Fact]
    public async Task Only_a_good_key_with_the_scope_opens_the_door_and_what_was_refused_stands_in_the_audit()
    {
        await using var world = await StartAsync();
        using var nobody = world.Tower.Client();
        Assert.Equal((401, "key-needed"), (await SendAsync(nobody, HttpMethod.Get, "/api/v1/availability?sku=A")) is var (a, b) ? (a, Slug(b)) : default);
        using var person = await world.Tower.SignInAsAsync(Roles.Admin);
        Assert.Equal(401, (await SendAsync(person, HttpMethod.Get, "/api/v1/availability?sku=A")).Status);
        person.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", ["Bearer ctk_" + new string('0', 64), "Bearer ctk_" + new string('1', 64)]);
        Assert.Equal(401, (await SendAsync(person, HttpMethod.Get, "/api/v1/availability?sku=A")).Status);
        nobody.DefaultRequestHeaders.Add("Authorization", "Bearer ctk_" + new string('0', 64));
        Assert.Equal((401, "key-invalid"), (await SendAsync(nobody, HttpMethod.Get, "/api/v1/availability?sku=A")) is var (c, d) ? (c, Slug(d)) : default);
        using var reader = await world.ProgramAsync("reader", [Scopes.AvailabilityRead]);
        Assert.Equal(200, (await SendAsync(reader, HttpMethod.Get, "/api/v1/availability?sku=A")).Status);
        Assert.Equal(403, (await SendAsync(reader, HttpMethod.Post, Path, new { }, "k")).Status);
        Assert.Equal("reader", await world.Tower.Database.ScalarAsync<string>("select actor_name from audit where outcome = 'refused' and action = 'api:reservation:write'"));
    }

    [Fact]
    public async Task Who_guesses_keys_is_not_asked_for_any_more_and_a_good_key_from_the_same_address_still_opens()
    {
        await using var world = await StartAsync();
        using var known = await world.ProgramAsync("known", [Scopes.AvailabilityRead]);
        Assert.Equal(200, (await SendAsync(known, HttpMethod.Get, "/api/v1/availability?sku=A")).Status);
        var answers = new List<int>();
        for (var i = 0; i <= KeyGuesses.Most; i++)
        {
            using var stranger = world.Tower.Client();
            stranger.DefaultRequestHeaders.Add("Authorization", $"Bearer ctk_{i:x64}");
            answers.Add((await SendAsync(stranger, HttpMethod.Get, "/api/v1/availability?sku=A")).Status);
        }

        Assert.Equal((KeyGuesses.Most, 1), (answers.Count(a => a == 401), answers.Count(a => a == 429)));
        Assert.Equal(200, (await SendAsync(known, HttpMethod.Get, "/api/v1/availability?sku=A")).Status);
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where outcome = 'refused' and reason = 'too many keys that are not good'"));
    }

    [Fact]
    public async Task A_revoked_key_and_a_disabled_client_are_refused()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var store = tower.Services.GetRequiredService<ApiClientStore>();
        var id = Guid.NewGuid();
        var (first, _) = await store.AddAsync(id, "shop", [Scopes.AvailabilityRead], [], TimeSpan.FromDays(1), Actor.Tower("test"), default);
        var (second, _) = await store.AddKeyAsync(id, TimeSpan.FromDays(1), Actor.Tower("test"), default);
        Assert.Equal(ApiClientRefusal.TwoKeys, (await store.AddKeyAsync(id, TimeSpan.FromDays(1), Actor.Tower("test"), default)).Refusal);
        async Task<HttpStatusCode> AskAsync(string? key)
        {
            clock.Advance(SessionGate.Remembered);
            using var client = tower.Client();
            client.DefaultRequestHeaders.Add("Authorization", $"Bearer {key}");
            using var answer = await client.GetAsync("/api/v1/availability?sku=A");
            return answer.StatusCode;
        }

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await AskAsync(first), await AskAsync(second)));
        var key = (await store.ListAsync(default))[0].Keys.Single(k => first!.EndsWith(k.Hint, StringComparison.Ordinal));
        Assert.Equal(ApiClientRefusal.None, await store.RevokeKeyAsync(id, key.Hint, key.MadeAt, Actor.Tower("test"), default));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await AskAsync(first), await AskAsync(second)));
        await store.EnableAsync(id, enabled: false, "no longer ours", Actor.Tower("test"), default);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(second));
        await store.EnableAsync(id, enabled: true, null, Actor.Tower("test"), default);
        await tower.Database.ExecuteAsync("update api_key set expires_at = now() - interval '1 second'");
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(second));
        Assert.Equal(0, await tower.Database.ScalarAsync<long>($"select count(*) from audit where detail::text like '%{second![4..]}%'"));
    }
}
