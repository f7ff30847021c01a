using Bunit;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Shared;

public sealed class PayloadAndTimelineTests : IAsyncDisposable
{
    private readonly PartsContext parts = new();

    public async ValueTask DisposeAsync() => await parts.DisposeAsync();

    [Fact]
    public void A_payload_is_indented_and_shown_as_text_never_as_markup()
    {
        var view = Payload(p => p.Add(v => v.Body, """{"name":"<script>alert(1)</script>","total":12.50}"""));
        Assert.Equal("plain", State(view));
        Assert.Empty(view.FindAll("script"));
        Assert.Contains("<script>alert(1)</script>", view.Find("pre").TextContent, StringComparison.Ordinal);
        Assert.Contains("12.50", view.Find("pre").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Masked_names_are_dotted_out_at_any_depth()
    {
        var view = Payload(p => p.Add(v => v.Body, """{"order":{"Email":"a@b.example","lines":[{"email":"c@d.example"}]}}""").Add(v => v.Mask, ["email"]));
        Assert.Equal("masked", State(view));
        Assert.DoesNotContain("example", view.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_json_is_hidden_whole_when_something_must_be_masked() =>
        Assert.DoesNotContain("a@b.example", Payload(p => p.Add(v => v.Body, "mail=a@b.example").Add(v => v.Mask, ["email"])).Markup, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1}""", "equal")]
    [InlineData("""{"a":1}""", """{"a":2}""", "changed")]
    public void Two_bodies_are_compared_line_by_line(string before, string after, string state)
    {
        var view = Payload(p => p.Add(v => v.Body, before).Add(v => v.Other, after).Add(v => v.Mode, PayloadMode.ChangedOnly));
        Assert.Equal(state, State(view));
        Assert.Equal(state == "changed" ? 1 : 0, view.FindAll(".del").Count);
    }

    [Fact]
    public void The_other_states_of_a_payload()
    {
        Assert.Equal("none", State(Payload(p => p.Add(v => v.Body, null))));
        Assert.Equal("hidden", State(Payload(p => p.Add(v => v.Body, "{}").Add(v => v.Hidden, true))));
        Assert.Equal("binary", State(Payload(p => p.Add(v => v.Body, "PK\0\u0003"))));
        Assert.Equal("large", State(Payload(p => p.Add(v => v.Body, new string('x', PayloadText.Most + 1)))));
        Assert.Equal("editing", State(Payload(p => p.Add(v => v.Body, "{}").Add(v => v.Editable, true))));
    }

    [Theory]
    [InlineData("{\"a\": \"unfinished")]
    [InlineData("\"")]
    [InlineData("{\"a\\\": 1}")]
    public void Broken_json_is_painted_without_losing_a_character(string text) =>
        Assert.Equal(text, string.Concat(JsonPaint.Tokens(text).Select(token => token.Text)));

    [Fact]
    public void A_timeline_has_every_step_as_a_list_and_marks_the_long_wait()
    {
        var at = PartsContext.Noon.AddMinutes(-34);
        SwimLane[] lanes = [new("shop", new SystemRef("shop", "Shopify EU", SystemKind.Shop)), new("erp", new SystemRef("erp", "Business Central EU", SystemKind.Erp))];
        SwimEvent[] events =
        [
            new("1", "shop", SwimState.Done, "Order created", "13:57", at), new("2", "erp", SwimState.Failed, "Invoice refused", "+15 s", at.AddSeconds(15)),
            new("3", "erp", SwimState.Unknown, "Retry 2", "now", at.AddMinutes(33)), new("4", "erp", SwimState.Planned, "Invoice", "next", null),
        ];
        var picked = new List<string>();
        var swim = parts.Render<SwimTimeline>(p => p.Add(s => s.Lanes, lanes).Add(s => s.Events, events).Add(s => s.Now, PartsContext.Noon).Add(s => s.SelectedChanged, picked.Add));
        Assert.Equal(["done", "failed", "unknown", "planned"], swim.FindAll("[data-ct^='swim:']").Select(step => step.GetAttribute("data-state")));
        Assert.Contains("waited 32 min", swim.Markup, StringComparison.Ordinal);
        swim.Find("[data-ct='swim:2'] button").Click();
        Assert.Equal(["2"], picked);
    }

    private IRenderedComponent<PayloadView> Payload(Action<ComponentParameterCollectionBuilder<PayloadView>> set) => parts.Render(set);

    private static string? State(IRenderedComponent<PayloadView> view) => view.Find("[data-ct=payload]").GetAttribute("data-state");
}
