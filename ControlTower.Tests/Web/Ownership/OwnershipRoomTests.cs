using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Ownership;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Ownership;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web.Ownership;

/// <summary>What the pages of ownership read, from a real database and through the real desks.</summary>
public sealed class OwnershipRoomTests : IAsyncLifetime
{
    private TestTower tower = default!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private OwnershipDesk Desk => tower.Services.GetRequiredService<OwnershipDesk>();

    private OwnershipReads Reads => tower.Services.GetRequiredService<OwnershipReads>();

    public async ValueTask InitializeAsync()
    {
        tower = await TestTower.StartAsync(settings: ["Tower:Roles=web"]);
        await new OrderWorld(tower.Database).ConnectAsync();
        await tower.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(Cancel);
    }

    public ValueTask DisposeAsync() => tower.DisposeAsync();

    [Fact]
    public async Task What_two_admins_agree_on_holds_is_listed_and_can_be_gone_back_from()
    {
        var (author, other) = (await AdminAsync(), await AdminAsync());
        var before = await SceneAsync();
        Assert.Equal(["bc-eu", "shopify-eu", "vendure-uk"], before.Sources.Select(s => s.Id));
        Assert.Equal(1, before.InForce!.Number);
        Assert.Equal(Stance.Reads, Right(before, "price", "shopify-eu"));
        Assert.Equal("every shop", before.NameOf("@shop"));

        var number = await AgreeAsync(author, other, new OwnershipRule("price", Owners: ["@erp"], Blocked: ["shopify-eu"], Mode: OwnershipMode.Enforce));
        var after = await SceneAsync();
        Assert.Equal(number, after.InForce!.Number);
        Assert.Equal(Stance.Blocked, Right(after, "price", "shopify-eu"));
        Assert.Equal(1, after.Beneath(after.InForce)!.Number);
        Assert.True(after.CanReturnTo(before.InForce));
        Assert.False(after.CanReturnTo(after.InForce));

        Assert.IsType<OwnershipAnswer.Done>(await Desk.ReturnAsync(1, before.InForce.Version, "It was too much.", other, Cancel));
        var back = await SceneAsync();
        Assert.Equal(Stance.Reads, Right(back, "price", "shopify-eu"));
        // What held while it held is still known.
        Assert.Equal("Ended", OwnershipWords.State(back.Changes.Single(c => c.Number == number), back.Now).Word);
        Assert.Equal(Stance.Blocked, OwnershipMatrix.Rows(back, back.Changes.Single(c => c.Number == number).DecidedAt!.Value, "", "", null).Single(r => r.Domain.Id == "price").Cells.Single(c => c.Source.Id == "shopify-eu").Right);
    }

    [Fact]
    public async Task The_file_of_the_log_has_exactly_the_rows_of_its_filter()
    {
        await WritesAsync();
        var export = new OwnershipWritesExport(Reads, tower.Services.GetRequiredService<ConnectionDirectory>());
        var query = WritesQuery.Start with { Domain = "price", Verdict = Judgement.Blocked };
        var filter = query.Ask(ExportFormat.Csv, DateTimeOffset.UnixEpoch).Filter;
        Assert.Equal(1, await export.CountAsync(filter, Cancel));
        var keys = await export.KeysAsync(filter, 10, Cancel);
        var row = Assert.Single(await export.RowsAsync(keys, Cancel));
        Assert.Equal(export.Columns.Count, row.Length);
        Assert.Equal(["Shopify EU", "Price and promotion", "Price", "NL-2"], row[2..6]);
        Assert.Equal(3, await export.CountAsync(WritesQuery.Start.Ask(ExportFormat.Csv, DateTimeOffset.UnixEpoch).Filter, Cancel));
        var counts = await Reads.CountsAsync(DateTimeOffset.UnixEpoch, Cancel);
        Assert.Equal(new OwnershipCounts(1, 1), counts);
    }

    private async Task WritesAsync() => await tower.Database.ExecuteAsync(
        """
        insert into ownership_write (source, domain, field, subject, brand, region, channel, old, new, owner_value, verdict, set_number) values
            ('shopify-eu', 'price', 'price', 'NL-1', 'Northlane', 'EU', 'shopify-eu', '10 EUR', '9 EUR', '10 EUR', 'let-through', 1),
            ('shopify-eu', 'price', 'price', 'NL-2', 'Northlane', 'EU', 'shopify-eu', '20 EUR', '18 EUR', '20 EUR', 'blocked', 1),
            ('bc-eu', 'price', 'price', 'NL-2', 'Northlane', 'EU', 'bc-eu', '20 EUR', '21 EUR', null, 'owned', 1),
            ('vendure-uk', 'product', 'barcode', 'FJ-1', 'Fjord', 'UK', 'vendure-uk', '1', '2', '1', 'quarantined', 1)
        """);

    private async Task<int> AgreeAsync(Actor author, Actor other, params OwnershipRule[] rules)
    {
        var number = Assert.IsType<OwnershipAnswer.Done>(await Desk.DraftAsync(new OwnershipDraft("Prices are the ERP's", "Shops overwrite them.", rules, null, null), Guid.NewGuid(), author, Cancel)).Number;
        Assert.NotNull(await tower.Services.GetRequiredService<OwnershipTrials>().RunAsync(number, 7, null, Cancel));
        Assert.IsType<OwnershipAnswer.Done>(await Desk.AskAsync(number, (await Reads.FindAsync(number, Cancel))!.Version, author, Cancel));
        Assert.IsType<OwnershipAnswer.Done>(await Desk.ApproveAsync(number, (await Reads.FindAsync(number, Cancel))!.Version, "", other, Cancel));
        return number;
    }

    private static Stance? Right(OwnershipScene scene, string domain, string source) =>
        OwnershipMatrix.Rows(scene, scene.Now.AddSeconds(1), "", "", null).Single(r => r.Domain.Id == domain).Cells.Single(c => c.Source.Id == source).Right;

    private Task<OwnershipScene> SceneAsync() => tower.Services.GetRequiredService<OwnershipRoom>().ReadAsync(Cancel);

    private async Task<Actor> AdminAsync()
    {
        var person = await tower.PersonAsync(Roles.Admin);
        return new Actor(person.Id, person.Name, person.Role, null);
    }
}
