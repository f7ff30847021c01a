using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Sync.Catalog;
using ControlTower.Sync.Operations;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Catalog;

/// <summary>Customers are known across systems by what agrees; what is uncertain is a person's to say.</summary>
public sealed class CustomerTests
{
    private static readonly Actor Ida = new(Guid.CreateVersion7(), "Ida Holm", "Operations");

    private static readonly DateTimeOffset At = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private static CatalogCustomer Customer(string id, string? email = null, string? phone = null, string? loyalty = null, string? last = null, int minutes = 0) =>
        new(id, email, phone, loyalty, null, last, At.AddMinutes(minutes));

    private static async Task StoreAsync(EngineWorld world, string connectionId, params CatalogCustomer[] customers)
    {
        await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
        await CatalogStore.StoreAsync(connection, connectionId, customers, [], default);
    }

    private static Task<List<CustomerPair>> PairsAsync(EngineWorld world, PairView view) => world.Get<CustomerQueries>().ListAsync(new PairFilter(view, null, null), 1_000, default);

    [Theory]
    [InlineData(" Ada.Sample@Example.COM ", "ada.sample@example.com")]
    [InlineData("ada+shop@example.com", "ada+shop@example.com")]
    [InlineData("ada", null)]
    [InlineData("a@b@c", null)]
    [InlineData("@example.com", null)]
    [InlineData("", null)]
    public void An_address_is_trimmed_and_lower_case_and_nothing_more(string text, string? key) => Assert.Equal(key, CustomerKeys.Email(text));

    [Theory]
    [InlineData("+49 30 1234567", "+49301234567")]
    [InlineData("0049-30-1234567", "+49301234567")]
    [InlineData("+49 (0)30 1234567", "+49301234567")]
    [InlineData("030 1234567", null)]
    [InlineData("+49 30 12345 ext. 7", null)]
    [InlineData("+0123456789", null)]
    [InlineData("+123", null)]
    public void A_number_counts_where_it_says_its_country(string text, string? key) => Assert.Equal(key, CustomerKeys.Phone(text));

    [Fact]
    public async Task Two_keys_or_a_loyalty_number_are_certain_and_one_key_is_not()
    {
        await using var world = await EngineWorld.CreateAsync();
        await StoreAsync(world, "shop", Customer("1", "a@x.test", "+4930111111"), Customer("2", "b@x.test"), Customer("3", null, null, "NL 7"), Customer("4", "d@x.test", "+4930444444", "NL4"));
        await StoreAsync(world, "erp", Customer("1", "A@x.test", "004930111111"), Customer("2", "b@x.test", last: "Other"), Customer("3", "c@x.test", null, "nl7"), Customer("4", "d@x.test", "+4930444444", "NL5"));
        Assert.Equal(["1", "3"], (await PairsAsync(world, PairView.Certain)).Select(p => p.A.Customer).Order(StringComparer.Ordinal));
        var open = await PairsAsync(world, PairView.Open);
        Assert.Equal(["2", "4"], open.Select(p => p.A.Customer).Order(StringComparer.Ordinal));
        Assert.Equal((KeySays.Agrees, KeySays.Agrees, KeySays.Differs), open.Where(p => p.A.Customer == "4").Select(p => (p.Email, p.Phone, p.Loyalty)).Single());
    }

    [Fact]
    public async Task Whatever_is_told_in_whatever_order_nothing_uncertain_is_ever_taken_for_certain()
    {
        var dice = new Random(20261126);
        await using var world = await EngineWorld.CreateAsync();
        for (var round = 0; round < 12; round++)
        {
            await world.Database.ExecuteAsync("delete from catalog_customer");
            string? Pick(string[] from) => dice.Next(3) == 0 ? null : from[dice.Next(from.Length)];
            var all = new Dictionary<(string, string), CatalogCustomer>();
            for (var told = 0; told < 60; told++)
            {
                var (system, id) = (dice.Next(2) == 0 ? "shop" : "erp", $"{dice.Next(5)}");
                var customer = Customer(
                    id, Pick(["a@x.test", "b@x.test", "c@x.test", "A@X.TEST "]), Pick(["+4930111111", "004930111111", "030 111111", "+4930222222"]), Pick(["L1", "l 1", "L2"]), Pick(["Sample", "Muster"]), told);
                await StoreAsync(world, system, customer);
                all[(system, id)] = customer;
            }

            var certain = (await PairsAsync(world, PairView.Certain)).Select(p => ((p.A.ConnectionId, p.A.Customer), (p.B.ConnectionId, p.B.Customer))).ToHashSet();
            var expected = (from a in all from b in all where string.CompareOrdinal($"{a.Key.Item1} {a.Key.Item2}", $"{b.Key.Item1} {b.Key.Item2}") < 0 && IsCertain(a.Value, b.Value) select (a.Key, b.Key)).ToHashSet();
            Assert.True(certain.SetEquals(expected), $"round {round}: {certain.Count} certain, {expected.Count} expected");
        }

        static bool IsCertain(CatalogCustomer a, CatalogCustomer b)
        {
            static string Name(CatalogCustomer c) => $"{c.FirstName} {c.LastName}".Trim().ToUpperInvariant();
            if (Name(a) is { Length: > 0 } one && Name(b) is { Length: > 0 } other && one != other)
            {
                return false;
            }

            var (loyaltyA, loyaltyB) = (CustomerKeys.Loyalty(a.Loyalty), CustomerKeys.Loyalty(b.Loyalty));
            return loyaltyA is not null && loyaltyB is not null ? loyaltyA == loyaltyB
                : CustomerKeys.Email(a.Email) is { } email && email == CustomerKeys.Email(b.Email) && CustomerKeys.Phone(a.Phone) is { } phone && phone == CustomerKeys.Phone(b.Phone);
        }
    }

    [Fact]
    public async Task A_key_that_many_share_is_nobodys_own()
    {
        await using var world = await EngineWorld.CreateAsync();
        await StoreAsync(world, "shop", [.. Enumerable.Range(0, 12).Select(n => Customer($"{n}", "till@x.test"))]);
        Assert.Empty(await PairsAsync(world, PairView.Open));
    }

    [Fact]
    public async Task What_a_person_said_stays_said_and_is_audited_without_the_people()
    {
        await using var world = await EngineWorld.CreateAsync();
        await StoreAsync(world, "shop", Customer("1", "a@x.test", last: "Sample"));
        await StoreAsync(world, "erp", Customer("9", "a@x.test", last: "Muster"));
        var pair = Assert.Single(await PairsAsync(world, PairView.Open));
        var desk = world.Get<CustomerDesk>();
        Assert.True(await desk.SayAsync(pair, false, "Mother and daughter.", Ida, default));
        Assert.False(await desk.SayAsync(pair, false, "Mother and daughter.", Ida, default));
        Assert.False(await desk.SayAsync(pair, true, "Looked at an old page.", Ida, default));
        await StoreAsync(world, "shop", Customer("1", "a@x.test", "+4930111111", last: "Sample", minutes: 5));
        await StoreAsync(world, "erp", Customer("9", "a@x.test", "+4930111111", last: "Muster", minutes: 5));
        Assert.Empty(await PairsAsync(world, PairView.Open));
        Assert.Empty(await PairsAsync(world, PairView.Certain));
        Assert.Equal(pair.Id, Assert.Single(await PairsAsync(world, PairView.Different)).Id);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from audit a where a::text ~ '(a@x.test|Sample|Muster)'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'customers:pair:decide'"));
    }

    [Fact]
    public async Task Older_news_never_replaces_newer_and_the_same_news_changes_nothing()
    {
        await using var world = await EngineWorld.CreateAsync();
        await StoreAsync(world, "shop", Customer("1", "new@x.test", minutes: 5));
        var stored = await world.Database.ScalarAsync<DateTime>("select stored_at from catalog_customer");
        await StoreAsync(world, "shop", Customer("1", "old@x.test", minutes: 1));
        await StoreAsync(world, "shop", Customer("1", "new@x.test", minutes: 5));
        Assert.Equal("new@x.test", await world.Database.ScalarAsync<string>("select email from catalog_customer"));
        Assert.Equal(stored, await world.Database.ScalarAsync<DateTime>("select stored_at from catalog_customer"));
    }

    [Fact]
    public async Task Who_asked_to_be_forgotten_is_gone_here_too_and_is_not_stored_again()
    {
        await using var world = await EngineWorld.CreateAsync();
        var order = EngineWorld.Order("7");
        await world.ReceiveAsync(EngineWorld.Message(order));
        await world.WorkInboxAsync();
        await StoreAsync(world, "shop", Customer("c1", "other@x.test", "+4930111111", "L1", "Buyer"), Customer("c2", "somebody@x.test"));
        await StoreAsync(world, "erp", Customer("9", "buyer@example.test", last: "Buyer"), Customer("8", "other@x.test"));
        var flow = await world.Database.ScalarAsync<long>("select id from flow");
        await world.Get<ErasureDesk>().EraseAsync(flow, "They asked.", Ida, default);
        const string Left = "select string_agg(connection_id || '/' || customer, ' ' order by connection_id, customer) from catalog_customer where email is not null or phone is not null or loyalty is not null or last_name is not null";
        Assert.Equal("erp/8 shop/c2", await world.Database.ScalarAsync<string>(Left));
        await StoreAsync(world, "shop", Customer("c1", "other@x.test", minutes: 60));
        Assert.Equal("erp/8 shop/c2", await world.Database.ScalarAsync<string>(Left));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from customer_pair"));
    }

    [Fact]
    public async Task Who_is_long_gone_at_their_system_is_erased_and_who_is_there_is_not()
    {
        await using var world = await EngineWorld.CreateAsync();
        await StoreAsync(world, "shop", Customer("1", "a@x.test"), Customer("2", "b@x.test"));
        await world.Database.ExecuteAsync("update catalog_customer set gone_at = now() - interval '400 days' where customer = '1'");
        await world.Get<ErasureDesk>().CatchUpAsync(TimeSpan.FromDays(365), default);
        Assert.Equal("b@x.test", await world.Database.ScalarAsync<string>("select string_agg(email, ' ') from catalog_customer"));
    }
}
