using ControlTower.Sync.Triage.Mappings;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Triage.Repair;

public sealed class MappingTests
{
    [Fact]
    public async Task A_word_that_is_mapped_once_repairs_all_that_wait_and_is_remembered_for_later_orders()
    {
        await using var world = await RepairWorld.StuckAsync(3);
        var id = await world.CaseAsync();
        var offer = await world.Desk().OfferAsync(id, default);
        Assert.Equal(("sku", "SKU-1"), (offer!.Likely, Assert.Single(offer.Choices.Single(c => c.Kind == "sku").Words)));

        var done = Assert.IsType<MapAnswer.Done>(await MapAsync(world, id));
        Assert.Equal(3, done.Retried.Count);
        await world.SendAsync();
        await world.PlaceAsync(4);
        await world.SendAsync();

        Assert.Equal(4, world.Posted().Count());
        Assert.All(world.Posted(), p => Assert.Equal(RepairWorld.Known, p.Order.Lines[0].Sku));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state <> 'resolved'"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from order_document where body::text like '%ERP-1%'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:mapping:put' and subject = '3 cases'"));
    }

    [Fact]
    public async Task What_was_mapped_goes_out_after_a_moment_in_which_it_can_be_taken_back()
    {
        await using var world = await RepairWorld.StuckAsync(2);
        var done = Assert.IsType<MapAnswer.Done>(await MapAsync(world, await world.CaseAsync()));
        Assert.Equal(0, await world.WorkOutboxAsync());
        Assert.Equal(2, (await world.Get<MappingDesk>().RemoveAsync(done.Put!.Value, "Undone", RepairWorld.Ida, default))!.Count);
        Assert.Equal(0, await world.SendAsync());
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));
    }

    [Fact]
    public async Task A_cause_that_was_mapped_before_offers_it_with_the_cases_for_which_it_worked()
    {
        await using var world = await RepairWorld.StuckAsync(2);
        Assert.Null(await world.Desk().MappedAsync(await world.CaseAsync(), default));
        await MapAsync(world, await world.CaseAsync());
        await world.SendAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("9", sku: "RARE")));
        await world.WorkInboxAsync();
        await world.WorkOutboxAsync();

        var use = await world.Desk().MappedAsync(await world.CaseAsync(9), default);
        Assert.Equal(("sku", 1, 2, "Ida Holm"), (use!.Kind, use.Used, use.Worked, use.By));
    }

    [Fact]
    public async Task A_second_word_for_the_same_thing_is_refused_with_who_mapped_it()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        await MapAsync(world, id, "WRONG");
        await world.SendAsync();

        var taken = Assert.IsType<MapAnswer.Taken>(await MapAsync(world, id));
        Assert.Equal(("WRONG", "Ida Holm"), (taken.By.To, taken.By.Who));

        Assert.Empty((await world.Get<MappingDesk>().RemoveAsync(taken.By.Id, null, RepairWorld.Mads, default))!);
        Assert.Null(await world.Get<MappingDesk>().RemoveAsync(taken.By.Id, null, RepairWorld.Mads, default));
        Assert.IsType<MapAnswer.Done>(await MapAsync(world, id));
        await world.SendAsync();
        Assert.Single(world.Posted());
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from mapping"));
    }

    [Fact]
    public async Task Of_eight_people_who_map_the_same_word_differently_one_wins()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => MapAsync(world, id, $"ERP-{i}"))));

        Assert.Single(answers.OfType<MapAnswer.Done>());
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from mapping"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:mapping:put'"));
    }

    [Fact]
    public async Task Locations_and_taxes_are_mapped_where_commands_are_composed()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        await world.Database.ExecuteAsync(
            """
            insert into mapping (connection_id, kind, from_value, to_value, fingerprint, who, why) values
                ('erp', 'location', 'WEB', 'HAM', 'f', 'Ida', 'because'), ('erp', 'tax', '0.19', 'VAT19', 'f', 'Ida', 'because'), ('shop', 'sku', 'SKU-1', 'NOT-THIS', 'f', 'Ida', 'because');
            """);
        await MapAsync(world, id);
        await world.SendAsync();

        var posted = Assert.Single(world.Posted());
        Assert.Equal(("HAM", "ERP-1"), (posted.Allocations[0].Location, posted.Allocations[0].Sku));
        Assert.Equal("VAT19", posted.Order.Lines[0].Taxes[0].Code);
    }

    [Fact]
    public async Task A_customer_is_mapped_to_the_targets_number_for_this_case_and_for_later_orders_of_theirs_alone()
    {
        await using var world = await RepairWorld.StuckAsync(2);
        var id = await world.CaseAsync();
        var choice = (await world.Desk().OfferAsync(id, default))!.Choices.Single(c => c.Kind == "customer");
        Assert.Equal("shop/c1", Assert.Single(choice.Words));
        Assert.Equal(2, Assert.IsType<MapAnswer.Done>(await world.Desk().MapAsync(id, "customer", "shop/c1", "C-100", "has an account there", RepairWorld.Ida, default)).Retried.Count);

        await world.Database.ExecuteAsync("insert into mapping (connection_id, kind, from_value, to_value, fingerprint, who, why) values ('erp', 'sku', 'SKU-1', 'ERP-1', 'f', 'Ida', 'because'), ('erp', 'customer', 'shop/c2', 'C-200', 'f', 'Ida', 'because')");
        await world.SendAsync();
        var stranger = EngineWorld.Order("9");
        await world.ReceiveAsync(EngineWorld.Message(stranger with { Buyer = stranger.Buyer with { Id = "c3" } }));
        await world.WorkInboxAsync();
        await world.SendAsync();

        Assert.Equal(["C-100", "C-100", null], world.Posted().OrderBy(p => p.Order.Key.Id, StringComparer.Ordinal).Select(p => p.Order.Buyer.Number));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from order_document where body::text like '%C-100%'"));
    }

    [Fact]
    public async Task A_mapping_that_is_removed_brings_back_what_it_released_and_had_not_gone_out()
    {
        await using var world = await RepairWorld.StuckAsync(3);
        var id = await world.CaseAsync();
        Assert.Equal(3, Assert.IsType<MapAnswer.Done>(await MapAsync(world, id, "WRONG")).Retried.Count);
        await world.Database.ExecuteAsync($"update delivery set last_sent_at = now() + interval '1 second' where posting_key = (select posting_key from exception_case where id = {id})");
        var mapping = await world.Database.ScalarAsync<long>("select id from mapping");

        var back = await world.Get<MappingDesk>().RemoveAsync(mapping, "typed it wrong", RepairWorld.Mads, default);

        Assert.Equal(2, back!.Count);
        Assert.DoesNotContain(id, back);
        Assert.Equal("open/3/refused, open/3/refused, retrying/0/intended", await world.Database.ScalarAsync<string>(
            "select string_agg(concat_ws('/', c.state, d.state, p.state), ', ' order by c.state) from exception_case c join delivery d on d.posting_key = c.posting_key join posting p on p.key = c.posting_key"));
        Assert.Equal(string.Join(' ', back.Order()), await world.Database.ScalarAsync<string>("select detail::jsonb ->> 'cases' from audit where action = 'exceptions:mapping:remove' and actor_name = 'Mads Krog'"));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from awaited_outcome where called_off_by is not null"));
    }

    [Theory]
    [InlineData("sku", "SKU-1", "", "Say what the target calls it")]
    [InlineData("sku", "SKU-1", "SKU-1", "Both names are the same")]
    [InlineData("sku", "SKU-1", "A\u0007B", "control character")]
    [InlineData("sku", "SKU-9", "ERP-1", "does not name SKU-9")]
    [InlineData("colour", "c1", "c2", "Only sku, location, tax")]
    [InlineData("customer", "c1", "C-100", "Name the channel and its own id")]
    [InlineData("customer", "shop/c9", "C-100", "does not name shop/c9")]
    public async Task What_cannot_be_mapped_is_refused_in_words(string kind, string from, string to, string words)
    {
        await using var world = await RepairWorld.StuckAsync();
        var refused = Assert.IsType<MapAnswer.Refused>(await world.Desk().MapAsync(await world.CaseAsync(), kind, from, to, "because of this", RepairWorld.Ida, default));
        Assert.Contains(words, refused.Why);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from mapping"));
    }

    [Fact]
    public async Task The_database_keeps_one_mapping_per_word_in_force()
    {
        await using var world = await EngineWorld.CreateAsync();
        const string Sql = "insert into mapping (connection_id, kind, from_value, to_value, fingerprint, who, why) values ('erp', 'sku', 'A', 'B', 'f', 'Ida', 'because')";
        await world.Database.ExecuteAsync(Sql);
        Assert.Equal("23505", (await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync(Sql))).SqlState);
    }

    private static Task<MapAnswer> MapAsync(EngineWorld world, long id, string to = RepairWorld.Known) =>
        world.Desk().MapAsync(id, "sku", "SKU-1", to, "the ERP has its own numbers", RepairWorld.Ida, default);

    [Fact]
    public async Task A_case_that_is_closed_while_it_is_mapped_does_not_keep_those_behind_it_waiting()
    {
        await using var world = await RepairWorld.StuckAsync(RepairDesk.Slice + 1);
        var (first, last) = (await world.CaseAsync(1), await world.Database.ScalarAsync<long>("select max(id) from exception_case"));
        await using var somebody = await world.Database.Sources.Work.OpenConnectionAsync();
        await using var closing = await somebody.BeginTransactionAsync();
        await using (var close = new NpgsqlCommand($"update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Mads' where id = {first}", somebody))
        {
            await close.ExecuteNonQueryAsync();
        }

        // The mapping has read the case as open and waits for its row; then the case is closed.
        var mapping = MapAsync(world, last);
        while (!mapping.IsCompleted && await world.Database.ScalarAsync<long>("select count(*) from pg_locks where not granted") == 0)
        {
        }

        await closing.CommitAsync();
        Assert.Equal(RepairDesk.Slice, Assert.IsType<MapAnswer.Done>(await mapping).Retried.Count);
        Assert.Equal("discarded", await world.StateAsync(first));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));
    }
}
