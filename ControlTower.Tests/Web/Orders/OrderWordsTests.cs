using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Outbox;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Orders;

public sealed class OrderWordsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 13, 32, 0, TimeSpan.Zero);

    private static readonly OrderRow Row = new(
        1, "NL-1", "shopify-eu", "Shopify EU", "shopify", "Northlane", "reserved", "open", new Money(10m, "EUR"), Now, Now, null, null);

    private static readonly OrderRow.OpenDelivery Delivery = new("PostSalesOrder", "bc-eu", "Business Central EU", DeliveryState.Ready, DeliveryLane.Live, 0, Now, null, false, false);

    public static TheoryData<string, Status, string> Standings => new()
    {
        { "done", Status.Ok, "Done" },
        { "cancelled", Status.Off, "Cancelled" },
        { "unknown", Status.Unk, "Outcome unknown" },
        { "retrying", Status.Run, "Retrying" },
        { "case", Status.Bad, "Needs somebody" },
        { "held", Status.Bad, "Needs somebody" },
        { "attention", Status.Bad, "Needs somebody" },
        { "paused", Status.Held, "Held" },
        { "breaker", Status.Wait, "Deferred" },
        { "deferred", Status.Wait, "Deferred" },
        { "backing off", Status.Wait, "Waiting" },
        { "sent", Status.Run, "Sending" },
        { "ready", Status.Run, "Sending" },
        { "nothing", Status.Wait, "On its way" },
    };

    [Theory]
    [MemberData(nameof(Standings))]
    public void What_holds_an_order_up_has_one_word_and_a_sentence(string situation, Status status, string word)
    {
        var standing = OrderWords.Standing(Situation(situation), Now);
        Assert.Equal((status, word), (standing.Status, standing.Word));
        Assert.EndsWith(".", standing.Sentence);
    }

    [Fact]
    public void An_unknown_outcome_is_said_before_anything_else_and_promises_a_look_up()
    {
        var standing = OrderWords.Standing(Situation("unknown") with { Case = new(7, "open", 1, "Lost answer") }, Now);
        Assert.Equal(Status.Unk, standing.Status);
        Assert.Contains("asked for before anything is sent again", standing.Sentence);
    }

    [Fact]
    public void Waiting_names_the_attempt_and_when()
    {
        var standing = OrderWords.Standing(Situation("backing off"), Now);
        Assert.Equal(Now.AddMinutes(2), standing.Until);
        Assert.Contains("Attempt 2 follows by itself", standing.Sentence);
    }

    [Fact]
    public void A_stage_of_another_release_is_shown_by_its_name()
    {
        Assert.Equal("Gift wrapped", OrderWords.Stage("gift-wrapped"));
        Assert.Equal("Posted to ERP", OrderWords.Stage("posted"));
    }

    [Theory]
    [InlineData("2h", 7200)]
    [InlineData("30m", 1800)]
    [InlineData("3d", 259200)]
    [InlineData("0m", null)]
    [InlineData("h", null)]
    [InlineData("2147483647h", null)]
    [InlineData("99999999999d", null)]
    [InlineData("2 h", null)]
    public void Ages_in_addresses(string text, int? seconds)
    {
        var age = Ages.Parse(text);
        Assert.Equal(seconds, (int?)age?.TotalSeconds);
        if (age is { } known)
        {
            Assert.Equal(text, Ages.Write(known));
        }
    }

    private static OrderRow Situation(string name) => name switch
    {
        "done" => Row with { Status = "done" },
        "cancelled" => Row with { Status = "cancelled" },
        "unknown" => Row with { Delivery = Delivery with { State = DeliveryState.Unknown } },
        "retrying" => Row with { Case = new(7, "retrying", 2, "Title") },
        "case" => Row with { Case = new(7, "open", 1, "Title") },
        "held" => Row with { Delivery = Delivery with { State = DeliveryState.Held } },
        "attention" => Row with { Status = "attention" },
        "paused" => Row with { Delivery = Delivery with { Paused = true } },
        "breaker" => Row with { Delivery = Delivery with { TargetOpen = true } },
        "deferred" => Row with { Delivery = Delivery with { Lane = DeliveryLane.Deferred } },
        "backing off" => Row with { Delivery = Delivery with { Attempts = 1, DueAt = Now.AddMinutes(2) } },
        "sent" => Row with { Delivery = Delivery with { State = DeliveryState.Sent, Attempts = 1 } },
        "ready" => Row with { Delivery = Delivery },
        _ => Row,
    };
}
