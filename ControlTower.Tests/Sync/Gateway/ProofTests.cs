using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

/// <summary>What is called proven was compared, and what was not compared is named.</summary>
public sealed class ProofTests
{
    private static readonly Order Meant = EngineWorld.Order("1", quantity: 2);

    private static readonly Dictionary<string, string> Same = new(StringComparer.Ordinal)
    {
        [ReadFacts.Total] = "238.00", [ReadFacts.Currency] = "EUR", [ReadFacts.Tax] = "38", [ReadFacts.Lines] = "SKU-1\t1\t119\nSKU-1\t1.0\t119.00",
    };

    [Fact]
    public void A_document_that_is_what_was_meant_is_proven_in_all_that_was_read()
    {
        var proof = Of(Same);
        Assert.Empty(proof.Differences);
        Assert.Empty(proof.Left);
        Assert.Equal(["total", "currency", "tax", "SKUs and quantities", "amounts of lines"], proof.Compared);
    }

    [Theory]
    [InlineData(ReadFacts.Total, "239", "total is 239 there and 238 here")]
    [InlineData(ReadFacts.Currency, "GBP", "currency is GBP there and EUR here")]
    [InlineData(ReadFacts.Tax, "0", "tax is 0 there and 38 here")]
    [InlineData(ReadFacts.Lines, "SKU-1\t3\t238", "SKU-1: 3 there and 2 here")]
    [InlineData(ReadFacts.Lines, "SKU-1\t2\t238\nGIFT\t1\t0", "GIFT: 1 there and 0 here")]
    [InlineData(ReadFacts.Lines, "SKU-2\t2\t238", "SKU-1: 0 there and 2 here; SKU-2: 2 there and 0 here")]
    [InlineData(ReadFacts.Lines, "SKU-1\t2\t200", "SKU-1: 200 there and 238 here")]
    public void What_differs_is_named_with_both_sides(string fact, string there, string words) =>
        Assert.Equal(words, string.Join("; ", Of(new Dictionary<string, string>(Same, StringComparer.Ordinal) { [fact] = there }).Differences));

    [Theory]
    [InlineData(ReadFacts.Currency, "currency")]
    [InlineData(ReadFacts.Tax, "tax")]
    [InlineData(ReadFacts.Lines, "SKUs and quantities, amounts of lines")]
    public void What_was_not_read_is_named_and_not_called_compared(string fact, string left)
    {
        var proof = Of(Same.Where(f => f.Key != fact).ToDictionary(StringComparer.Ordinal));
        Assert.Equal(left, string.Join(", ", proof.Left));
        Assert.Empty(proof.Compared.Intersect(proof.Left));
    }

    [Fact]
    public void Lines_without_amounts_and_rounding_of_each_line_are_no_difference()
    {
        Assert.Equal(["amounts of lines"], Of(new(Same, StringComparer.Ordinal) { [ReadFacts.Lines] = "SKU-1\t2" }).Left);
        Assert.Empty(Of(new(Same, StringComparer.Ordinal) { [ReadFacts.Tax] = "38.01" }).Differences);
    }

    [Fact]
    public async Task A_retried_order_that_reads_otherwise_than_it_was_sent_is_not_proven_and_opens_a_case_that_says_how()
    {
        await using var world = (await BatchWorld.CreateAsync(refused: 1)).World;
        world.Erp.Client.Finds = _ => new LookUp.Found(new Outcome.Accepted("id-1", "SO-1", new Dictionary<string, string>(StringComparer.Ordinal) { [ReadFacts.Currency] = "EUR", [ReadFacts.Lines] = "SKU-1\t5" }));
        await world.Get<RetryDesk>().RetryAsync([1], Actor.Tower("test"), default);
        await world.WorkOutboxAsync();

        Assert.Equal(
            "resolved/false/Read back from the target as SO-1. It differs from what was meant: SKU-1: 5 there and 1 here. Compared: currency, SKUs and quantities. Not compared: total, tax, amounts of lines",
            await world.Database.ScalarAsync<string>("select state || '/' || proven || '/' || resolution from exception_case where id = 1"));
        Assert.Contains("SKU-1: 5 there and 1 here", await world.Database.ScalarAsync<string>("select message from exception_case where code = 'erp-document-differs' and state = 'open'"), StringComparison.Ordinal);
        Assert.Equal("posted", await world.StageAsync("1"));
    }

    [Fact]
    public async Task What_could_not_be_read_back_at_once_is_compared_when_it_is_found()
    {
        await using var world = (await BatchWorld.CreateAsync(refused: 1)).World;
        var asked = 0;
        world.Erp.Client.Finds = _ => ++asked == 1
            ? new LookUp.Undecided(FailureKind.Intermittent, "Answered 503.")
            : new LookUp.Found(new Outcome.Accepted("id-1", "SO-1", new Dictionary<string, string>(StringComparer.Ordinal) { [ReadFacts.Lines] = "SKU-1\t5" }));
        await world.Get<RetryDesk>().RetryAsync([1], Actor.Tower("test"), default);
        await world.WorkOutboxAsync();
        Assert.Equal("retrying", await world.Database.ScalarAsync<string>("select state from exception_case where id = 1"));
        await world.HurryAsync();
        await world.WorkOutboxAsync();
        Assert.Equal((2, false), (asked, await world.Database.ScalarAsync<bool>("select proven from exception_case where id = 1 and state = 'resolved'")));
    }

    [Fact]
    public void Item_numbers_are_the_same_in_capitals_and_only_what_each_line_may_round_by_is_let_pass()
    {
        Assert.Empty(Of(new(Same, StringComparer.Ordinal) { [ReadFacts.Lines] = "sku-1\t2\t238" }).Differences);
        Assert.Equal(["total is 238.01 there and 238 here"], Of(new(Same, StringComparer.Ordinal) { [ReadFacts.Total] = "238.01" }).Differences);
    }

    private static Proof Of(Dictionary<string, string> facts) => Proof.Of(new PostSalesOrder(new PostingKey("K-0123456789ABCDEF"), Meant, []), facts, 0)!;
}
