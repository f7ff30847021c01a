using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;
using ControlTower.Data.Timeline;
using ControlTower.Web.Pages.OrderTimeline;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.OrderTimeline;

public sealed class StoryTests
{
    private const string Key = "NL-1-0123456789ABCDEF";

    private static readonly DateTimeOffset Placed = new(2026, 11, 26, 12, 57, 52, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = Placed.AddMinutes(34);
    private static readonly Money Value = new(784.90m, "EUR");

    [Fact]
    public void The_drawing_begins_in_the_shop_goes_through_the_tower_and_ends_with_what_is_planned()
    {
        var drawing = StoryDrawing.Of(Story() with { Steps = [Step(1, "order.captured"), Step(2, "order.checked"), Step(3, "order.reserved")] }, Now, TimeZoneInfo.Utc);

        Assert.Equal(["shop", "tower", "erp"], drawing.Lanes.Select(lane => lane.Key));
        Assert.Equal(["Order created", "Received", "Checked", "Reserved", "Sales order", "Acknowledge", "Ship", "Invoice", "Payment"], drawing.Events.Select(step => step.Label));
        Assert.Equal(("shop", "12:57:52", SwimState.Done), (drawing.Events[0].Lane, drawing.Events[0].Note, drawing.Events[0].State));
        Assert.Equal(("tower", "+1.0 s"), (drawing.Events[1].Lane, drawing.Events[1].Note));
        Assert.Equal(("erp", "next", SwimState.Planned), (drawing.Events[4].Lane, drawing.Events[4].Note, drawing.Events[4].State));
        Assert.All(drawing.Events.Where(step => step.State is SwimState.Planned), step => Assert.Null(step.At));
    }

    [Fact]
    public void A_document_of_several_requests_is_told_by_request_and_only_tries_of_the_same_one_are_its_attempts()
    {
        static StoryCall Call(long id, string verb, string path, int attempt, string purpose = "PostPayment") => new(id, "erp", Key, purpose, attempt, verb, path, 201, "ok", null, Now, 5);

        var requests = SentRequest.Of(
        [
            Call(1, "GET", "/v2.0/journals?$filter=code", 1), Call(2, "POST", "/v2.0/journals(1)/payments", 1), Call(3, "POST", "/v2.0/payments", 1, "look-up"),
            Call(4, "POST", "/v2.0/journals(1)/payments", 2), Call(5, "POST", "/v2.0/journals(1)/post", 2),
        ]);

        Assert.Equal(["POST payments", "POST post"], requests.Select(request => request.Name));
        Assert.Equal([[2, 4], [5]], requests.Select(request => request.Attempts.Select(call => call.Id)));
    }

    [Theory]
    [InlineData(DeliveryState.Sent, DeliveryLane.Live, 2, SwimState.Running, "Retry 2", "now")]
    [InlineData(DeliveryState.Unknown, DeliveryLane.Live, 1, SwimState.Unknown, "Sales order", "being looked up")]
    [InlineData(DeliveryState.Ready, DeliveryLane.Deferred, 0, SwimState.Planned, "Sales order", "deferred")]
    [InlineData(DeliveryState.Ready, DeliveryLane.Live, 0, SwimState.Planned, "Sales order", "next")]
    [InlineData(DeliveryState.Held, DeliveryLane.Live, 3, SwimState.Planned, "Sales order", "after repair")]
    public void What_is_under_way_is_drawn_as_what_it_is(DeliveryState state, DeliveryLane lane, int attempts, SwimState drawn, string label, string note)
    {
        var open = new StoryDelivery(9, Key, "erp", "PostSalesOrder", state, lane, attempts, 0, Now, null, null, null, null, Now);
        var drawing = StoryDrawing.Of(Story() with { Deliveries = [open] }, Now, TimeZoneInfo.Utc);
        var step = Assert.Single(drawing.Events, step => step.Key == "delivery-9");
        Assert.Equal((drawn, label, note), (step.State, step.Label, step.Note));
        Assert.DoesNotContain(drawing.Events, other => other.Key == "plan-posted");
    }

    [Theory]
    [InlineData(null, "Told us orders/updated, waits for its turn")]
    [InlineData("parked", "Told us orders/updated, waits for what it depends on")]
    [InlineData("thin", "Told us orders/updated, waits until the shop was asked")]
    public void What_came_in_and_was_not_worked_yet_is_told_as_waiting(string? why, string told)
    {
        var story = Story() with { Steps = [Step(1, "order.captured")], Messages = [new(7, "shop", "orders/updated", "event-7", null, why, Now, 12)] };
        Assert.All(new[] { StoryList.All(story), StoryList.Told(story) }, lines => Assert.Equal((Status.Wait, told), lines.Where(line => line.MessageId == 7).Select(line => (line.Status, line.Text)).Single()));
    }

    [Fact]
    public void A_refusal_is_drawn_once_though_the_log_and_the_call_both_tell_of_it()
    {
        var refused = Step(2, "order.refused", reference: Key, detail: "PostSalesOrder: blocked");
        var story = Story() with
        {
            Steps = [Step(1, "order.captured"), refused],
            Postings = [Posting("refused")],
            Calls = [Call(1, 400, "refused", refused.At), Call(2, 400, "refused", refused.At.AddMinutes(20))],
        };
        var drawn = StoryDrawing.Of(story, Now, TimeZoneInfo.Utc).Events.Where(step => step.State is SwimState.Failed).ToList();
        // The second refusal, twenty minutes later, stands in the calls alone.
        Assert.Equal(["step-2", "call-2"], drawn.Select(step => step.Key));
        Assert.All(drawn, step => Assert.Equal(("erp", "Sales order refused"), (step.Lane, step.Label)));
    }

    [Fact]
    public void A_lost_answer_is_unknown_and_a_look_up_is_no_step()
    {
        var story = Story() with { Calls = [Call(1, null, "no-answer", Placed.AddSeconds(5)), Call(2, 404, "failed", Placed.AddSeconds(9)) with { Purpose = "look-up" }] };
        var events = StoryDrawing.Of(story, Now, TimeZoneInfo.Utc).Events;
        Assert.Equal((SwimState.Unknown, "No answer"), (events[1].State, events[1].Label));
        Assert.DoesNotContain(events, step => step.Key == "call-2");
    }

    [Theory]
    [InlineData("done")]
    [InlineData("cancelled")]
    public void Nothing_is_planned_for_an_order_that_is_over(string status) =>
        Assert.DoesNotContain(StoryDrawing.Of(Story(status: status), Now, TimeZoneInfo.Utc).Events, step => step.State is SwimState.Planned);

    [Fact]
    public void A_long_story_is_folded_in_the_drawing_and_whole_in_the_list()
    {
        var story = Story() with { Steps = [.. Enumerable.Range(1, 60).Select(n => Step(n, "order.edited"))] };
        var events = StoryDrawing.Of(story, Now, TimeZoneInfo.Utc).Events;
        Assert.True(events.Count(step => step.State is SwimState.Done) <= 16);
        Assert.Contains(events, step => step.Label.EndsWith("more steps", StringComparison.Ordinal));
        Assert.Equal(60, StoryList.All(story).Count);
    }

    [Fact]
    public void An_event_of_another_release_is_shown_by_its_name()
    {
        var line = Assert.Single(StoryList.All(Story() with { Steps = [Step(1, "order.gift-wrapped", detail: "red")] }));
        Assert.Equal("order.gift-wrapped: red", line.Text);
    }

    [Fact]
    public void The_list_tells_the_newest_first_and_people_beside_systems()
    {
        var story = Story() with
        {
            Steps = [Step(1, "order.captured")],
            Postings = [Posting("refused")],
            Calls = [Call(1, 400, "refused", Placed.AddSeconds(10))],
            Cases = [new StoryCase(7, "open", "refused", "Blocked", "erp", Placed.AddSeconds(11), null, 1)],
            Acts = [new StoryAct(Placed.AddMinutes(30), "Ida Holm", "exceptions:case:retry", "done", null)],
        };
        var told = StoryList.Told(story);
        Assert.Equal(["Retried, same posting key", "Case C-7 opened: Blocked", "Sales order, attempt 1: 400", "Order received"], told.Select(line => line.Text));
        Assert.Equal("Ida Holm", told[0].Who);
    }

    [Fact]
    public void Identifiers_come_in_the_order_in_which_people_ask_and_say_what_is_not_there_yet()
    {
        var story = Story() with { References = [new("shop-order", "gid://1"), new("erp-order", "7f1c-a-long-technical-id"), new("erp-order", "SO-1"), new("gift", "G-1")], Postings = [Posting("confirmed", "SO-1")] };
        var ids = StoryIds.Of(story);
        Assert.Equal(
            ["Shop order=NL-1", "Shop id=6104", "Tower=ord-42", "ERP order=SO-1", "ERP order=7f1c-a-long-technical-id", "ERP invoice=not invoiced", $"Posting key={Key}", "Gift=G-1"],
            ids.Select(id => $"{id.Name}={id.Value ?? id.None}"));
    }

    [Fact]
    public void Ids_of_documents_are_named_as_people_name_them_the_short_number_first()
    {
        var story = Story() with
        {
            References =
            [
                new("erp-invoice", "7f1c-a-long-technical-id"), new("erp-invoice", "INV-1"), new("erp-shipment", "SH-1"), new("erp-payment", "PAY-1"), new("refund", "R-1"), new("shipment", "F-1"),
                new("tracking", "T-1"), new("erp-credit-note", "CN-1"),
            ],
        };
        Assert.Equal(
            ["ERP invoice=INV-1", "ERP invoice=7f1c-a-long-technical-id", "ERP payment=PAY-1", "ERP shipment=SH-1", "Shipment=F-1", "Tracking=T-1", "Refund=R-1", "ERP credit note=CN-1"],
            StoryIds.Of(story).Where(id => id.Value is not null).Skip(3).Select(id => $"{id.Name}={id.Value}"));
    }

    [Theory]
    [InlineData("http://t/orders/42?view=list&step=call-7&document=NL-1-KEY&fields=all", "/orders/42?view=list&step=call-7&document=NL-1-KEY&fields=all")]
    [InlineData("http://t/orders/42?document=NL-1-KEY&request=2", "/orders/42?document=NL-1-KEY&request=2")]
    [InlineData("http://t/orders/42?request=-1", "/orders/42")]
    [InlineData("http://t/orders/42?request=99999999999", "/orders/42")]
    [InlineData("http://t/orders/42?view=<x>&step=%00&document=&fields=1", "/orders/42")]
    [InlineData("http://t/orders/42", "/orders/42")]
    public void The_address_holds_the_state_and_nonsense_is_left_out(string address, string expected) => Assert.Equal(expected, OrderTimelineQuery.Parse(address).Href(42));

    private static OrderStory Story(string status = "open") => new(
        new OrderHead(42, "NL-1", "order-to-cash", "shop", "6104", "Northlane", "erp", "reserved", status, Value, Placed, Placed, Placed, Placed, 3, 3, "Ship", null),
        [new("shop", "Shopify EU", "shopify", "shop", "UTC", null, null, "closed", null), new("erp", "Business Central EU", "business-central", "erp", "UTC", null, null, "closed", null)],
        [], [], [], [], [], [], [], [], [], false);

    private static StoryStep Step(int number, string type, string? reference = null, string? detail = null) =>
        new(number, type, "reserved", type == "order.captured" ? "shop" : null, reference, detail, Placed.AddSeconds(number), null);

    private static StoryCall Call(long id, int? status, string outcome, DateTimeOffset at) =>
        new(id, "erp", Key, "PostSalesOrder", (int)id, "POST", "/salesOrders", status, outcome, null, at, 100);

    private static StoryPosting Posting(string state, string? number = null) => new(Key, "erp", "PostSalesOrder", state, number, number, Value, Placed, null);
}
