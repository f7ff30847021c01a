using ControlTower.Data.Canonical;
using ControlTower.Sync.Triage;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

public sealed class PlaybookTests
{
    private static readonly CaseFacts Refused = new(
        "refused", "Internal_RecordNotFound", "It said no.", Target: "Business Central EU", Source: "Shopify EU", Order: "NL-1048213", Document: "PostSalesOrder",
        Amount: "€784.90", At: "13:58:07");

    [Fact]
    public void What_happened_names_system_document_order_amount_and_time() =>
        Assert.Equal("Business Central EU refused the sales order for order NL-1048213, €784.90, at 13:58:07.", Playbook.For(Refused).What);

    [Theory]
    [InlineData("missing", "unknown-sku", "No item FJ-1.", "does not know an item", RetryAdvice.AfterRepair)]
    [InlineData("missing", "Internal_RecordNotFound", "The VAT Posting Setup does not exist.", "no set-up for a tax", RetryAdvice.AfterRepair)]
    [InlineData("value", "total-mismatch", "The total differs by 1.", "The total differs by 1.", RetryAdvice.AfterRepair)]
    [InlineData("refused", "closed-period", "x", "period of the document is closed", RetryAdvice.AfterRepair)]
    [InlineData("refused", "Application_DialogException", "Posting Date is not within your range of allowed posting dates.", "period of the document is closed", RetryAdvice.AfterRepair)]
    [InlineData("refused", "Application_DialogException", "Customer 10000 is Blocked.", "customer is blocked", RetryAdvice.AfterRepair)]
    [InlineData("refused", "fraud-review", "Above 10,000.", "Above 10,000.", RetryAdvice.Approves)]
    [InlineData("duplicate", "duplicate-order", "Same as #1001.", "Same as #1001.", RetryAdvice.Approves)]
    [InlineData("missing", "out-of-stock", "2 missing.", "2 missing.", RetryAdvice.AfterRepair)]
    [InlineData("connection", "forbidden", "x", "will not let us do this", RetryAdvice.AfterRepair)]
    [InlineData("duplicate", "id-reuse", "x", "already has a document under this id", RetryAdvice.AfterRepair)]
    [InlineData("unknown-outcome", "no-answer", "x", "answer was lost", RetryAdvice.LooksUpFirst)]
    [InlineData("rate-limit", "429", "x", "allows no more calls", RetryAdvice.Now)]
    [InlineData("refused", "edit-after-shipment", "Too late.", "Too late.", RetryAdvice.WillNotHelp)]
    [InlineData("parse", "not-json", "x", "kept exactly as they came", RetryAdvice.WillNotHelp)]
    public void A_known_cause_has_its_own_words_and_advice(string failure, string code, string message, string why, RetryAdvice advice)
    {
        var words = Playbook.For(Refused with { Failure = failure, Code = code, Message = message });
        Assert.Contains(why, words.Why);
        Assert.Contains(message, words.Why);
        Assert.Equal(advice, words.Retry);
    }

    [Fact]
    public void Every_failure_kind_of_the_house_has_words_without_a_gap()
    {
        foreach (var kind in Enum.GetValues<FailureKind>())
        {
            foreach (var facts in (CaseFacts[])[Refused, Refused with { Document = null }, new("", "", "", Source: "Shopify EU"), new("", "", "")])
            {
                var words = Playbook.For(facts with { Failure = Fingerprint(kind), Code = "c" });
                Assert.NotNull(words.Why);
                Assert.DoesNotContain("{", words.What + words.Why + words.Todo);
                Assert.EndsWith(".", words.What);
                Assert.EndsWith(".", words.Todo);
            }
        }
    }

    [Fact]
    public void A_kind_that_nobody_knows_still_gets_an_honest_answer()
    {
        var words = Playbook.For(Refused with { Failure = "moon-phase" });
        Assert.Null(words.Why);
        Assert.Contains("Read the answer below", words.Todo);
    }

    [Fact]
    public void A_message_that_contains_a_placeholder_is_shown_as_it_came()
    {
        var words = Playbook.For(Refused with { Message = "{target} {document} {message}" });
        Assert.Contains("{target} {document} {message}", words.Why);
    }

    [Theory]
    [InlineData("PostSalesOrder")]
    [InlineData("PostPayment")]
    public void A_case_about_a_document_promises_that_nothing_posts_twice(string document) =>
        Assert.Contains("nothing can post twice", Playbook.For(Refused with { Document = document }).Todo);

    private static string Fingerprint(FailureKind kind) =>
        string.Concat(kind.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? "-" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
}
