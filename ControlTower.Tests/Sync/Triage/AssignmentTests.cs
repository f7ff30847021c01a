using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

/// <summary>A case that nobody has gets its person by the first rule that fits, at the moment it opens; what a hand gave no rule takes away.</summary>
public sealed class AssignmentTests : IAsyncLifetime
{
    private static readonly RuleScope Everything = new(null, null, null, null, null);
    private static readonly Actor Boss = new(null, "Boss", "Admin");

    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private AccountStore accounts = null!;
    private AssignmentDesk rules = null!;
    private CaseDesk desk = null!;
    private CaseQueries queries = null!;
    private CasePerson ida = null!;
    private CasePerson mats = null!;
    private long order;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        var audit = new AuditLog(database.Sources, TimeProvider.System);
        var changes = new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance);
        accounts = new AccountStore(database.Sources, audit, new SignInWays(() => true, () => null, (_, _) => true), TimeProvider.System);
        rules = new AssignmentDesk(database.Sources, audit, changes);
        desk = new CaseDesk(database.Sources, audit, changes, TimeProvider.System);
        queries = new CaseQueries(database.Sources);
        ida = await PersonAsync("Ida Holm");
        mats = await PersonAsync("Mats Kjær");
        order = await world.OrderAsync("NL-1");
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task The_first_rule_that_fits_gives_a_new_case_its_person_and_the_order_can_be_changed()
    {
        await AddAsync(Everything with { Failure = "missing", Target = OrderWorld.Erp }, ida);
        await AddAsync(Everything, mats);
        Assert.Equal(ida.Id, await HolderAsync(await world.CaseAsync(order)));
        Assert.Equal(mats.Id, await HolderAsync(await world.CaseAsync(order, failure: "refused")));

        var now = await rules.ListAsync();
        Assert.Equal(RuleAnswer.Done, await rules.MoveAsync(now.Rules[1].Id, up: true, now.Version, Boss));
        Assert.Equal(mats.Id, await HolderAsync(await world.CaseAsync(order)));
    }

    [Theory]
    [InlineData("brand", true)]
    [InlineData("shop", true)]
    [InlineData("location", true)]
    [InlineData("other brand", false)]
    [InlineData("other shop", false)]
    [InlineData("other location", false)]
    [InlineData("all but one", false)]
    public async Task Each_part_of_a_rule_must_fit(string part, bool fits)
    {
        await database.ExecuteAsync(
            $"""
            insert into location (id, name, kind) values ('ams', 'Amsterdam', 'store'), ('ber', 'Berlin', 'store');
            insert into stock (sku, location, on_hand) values ('SKU', 'ams', 5);
            insert into reservation (flow_id, order_line_id, sku, location, quantity) values ({order}, '1', 'SKU', 'ams', 1)
            """);
        await AddAsync(part switch
        {
            "brand" => Everything with { Brand = "Northlane" },
            "shop" => Everything with { Shop = OrderWorld.Shop },
            "location" => Everything with { Location = "ams" },
            "other brand" => Everything with { Brand = "Fjord" },
            "other shop" => Everything with { Shop = OrderWorld.OtherShop },
            "other location" => Everything with { Location = "ber" },
            _ => new RuleScope("missing", "Northlane", OrderWorld.Shop, "ams", OrderWorld.OtherShop),
        }, ida);
        Assert.Equal(fits ? ida.Id : Guid.Empty, await HolderAsync(await world.CaseAsync(order)));
    }

    [Fact]
    public async Task A_case_that_opens_or_fails_again_without_anybody_gets_somebody_in_the_same_transaction()
    {
        var joined = await OpenAsync("flow/1/x");
        await AddAsync(Everything, ida);
        Assert.Equal(Guid.Empty, await HolderAsync(joined));
        Assert.Equal(joined, await OpenAsync("flow/1/x"));
        Assert.Equal(ida.Id, await HolderAsync(joined));

        await using var connection = await database.Sources.Work.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await CaseStore.OpenAsync(connection, [New("flow/2/x")], default);
        await using var inside = new Npgsql.NpgsqlCommand("select assignee = $1 and assigned_at is not null from exception_case where subject = 'flow/2/x'", connection) { Parameters = { new() { Value = ida.Id } } };
        Assert.Equal(true, await inside.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_person_who_may_not_sign_in_any_more_is_passed_over()
    {
        await AddAsync(Everything, ida);
        await AddAsync(Everything, mats);
        await accounts.DisableAsync(ida.Id, "left", Boss, TestContext.Current.CancellationToken);
        Assert.Equal(mats.Id, await HolderAsync(await world.CaseAsync(order)));
        Assert.True((await rules.ListAsync()).Rules[0].Away);
    }

    [Fact]
    public async Task A_run_gives_what_nobody_has_leaves_what_a_hand_gave_and_the_second_changes_nothing()
    {
        var (free, byHand) = (await world.CaseAsync(order), await world.CaseAsync(order));
        await desk.AssignAsync([await SeenAsync(byHand)], mats, null, Boss, default);
        await AddAsync(Everything, ida);
        var byRule = await world.CaseAsync(order, failure: "refused");
        await AddAsync(Everything with { Failure = "refused" }, mats);
        var second = (await rules.ListAsync()).Rules[1];
        await rules.MoveAsync(second.Id, up: true, (await rules.ListAsync()).Version, Boss);
        var version = (await rules.ListAsync()).Version;

        Assert.Equal([1], (await rules.PreviewAsync(byRule: false)).Select(share => share.Moves));
        Assert.Equal(2, (await rules.PreviewAsync(byRule: true)).Sum(share => share.Moves));
        Assert.Equal(1, (await rules.RunAsync(byRule: false, version, Boss)).Cases);
        Assert.Equal((ida.Id, mats.Id, ida.Id), (await HolderAsync(free), await HolderAsync(byHand), await HolderAsync(byRule)));
        Assert.Equal(1, (await rules.RunAsync(byRule: true, version, Boss)).Cases);
        Assert.Equal((ida.Id, mats.Id, mats.Id), (await HolderAsync(free), await HolderAsync(byHand), await HolderAsync(byRule)));

        var before = await database.ScalarAsync<string>("select string_agg(id || '/' || version || '/' || assigned_at, ' ' order by id) from exception_case");
        Assert.Equal(0, (await rules.RunAsync(byRule: true, version, Boss)).Cases);
        Assert.Equal(before, await database.ScalarAsync<string>("select string_agg(id || '/' || version || '/' || assigned_at, ' ' order by id) from exception_case"));
        Assert.Equal(3, await database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:rules:manage' and detail::jsonb ->> 'act' = 'run'"));
    }

    [Fact]
    public async Task A_hand_over_a_rule_and_back_again_leaves_the_case_to_the_rules()
    {
        await AddAsync(Everything, ida);
        var one = await world.CaseAsync(order);
        var receipt = await desk.AssignAsync([await SeenAsync(one)], ida, null, Boss, default);
        Assert.Empty((await rules.PreviewAsync(byRule: true)));
        await desk.UndoAsync(receipt.Moved, TimeProvider.System.GetUtcNow(), Boss, default);
        Assert.Equal(1, Assert.Single(await rules.PreviewAsync(byRule: true)).Fits);
    }

    [Fact]
    public async Task The_second_of_two_admins_changes_nothing_and_a_run_needs_the_rules_of_its_preview()
    {
        var version = (await rules.ListAsync()).Version;
        var both = await Task.WhenAll(rules.AddAsync(Everything, ida, version, Boss), rules.AddAsync(Everything, mats, version, Boss));
        Assert.Single(both, RuleAnswer.Done);
        Assert.Single(both, RuleAnswer.ChangedMeanwhile);
        Assert.Single((await rules.ListAsync()).Rules);
        Assert.Equal(new RuleRun(0, Stale: true), await rules.RunAsync(byRule: false, version, Boss));
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:rules:manage'"));
    }

    [Fact]
    public async Task What_a_rule_gave_stays_when_the_rule_is_gone()
    {
        await AddAsync(Everything, ida);
        var one = await world.CaseAsync(order);
        var now = await rules.ListAsync();
        await rules.DeleteAsync(now.Rules[0].Id, now.Version, Boss);
        Assert.Equal(ida.Id, await HolderAsync(one));
        Assert.Equal(Guid.Empty, await HolderAsync(await world.CaseAsync(order)));
    }

    private static NewCase New(string subject) => new(subject, "f", "missing", "tax-code", "t", "m", null, OrderWorld.Erp, null, null, null, null, 5m, "EUR", "Northlane");

    private async Task<long> OpenAsync(string subject)
    {
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        await CaseStore.OpenAsync(connection, [New(subject)], default);
        return await database.ScalarAsync<long>($"select id from exception_case where subject = '{subject}'");
    }

    private async Task AddAsync(RuleScope scope, CasePerson person) => Assert.Equal(RuleAnswer.Done, await rules.AddAsync(scope, person, (await rules.ListAsync()).Version, Boss));

    private async Task<Guid> HolderAsync(long id) => (await RowAsync(id)).Assignee?.Id ?? Guid.Empty;

    private async Task<CaseRow> RowAsync(long id) => Assert.Single(await queries.RowsAsync([id]));

    private async Task<CaseSeen> SeenAsync(long id) => new(id, (await RowAsync(id)).Version);

    private async Task<CasePerson> PersonAsync(string name)
    {
        var (account, _) = await accounts.AddAsync(new NewAccount($"{name.Split(' ')[0]}@example.com", name, "Operations", false), Actor.Tower("test"));
        return new CasePerson(account!.Id, account.Name);
    }
}
