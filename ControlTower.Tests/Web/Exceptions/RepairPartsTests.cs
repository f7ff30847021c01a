using Bunit;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Tests.Web.Shared;
using ControlTower.Web.Pages.Exceptions.Repair;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Xunit;

namespace ControlTower.Tests.Web.Exceptions;

public sealed class RepairPartsTests : IAsyncDisposable
{
    private static readonly RepairRule Rule = RuleText.Parse("map lines[*].sku \"A\" to \"B\"").Rule!;

    private readonly PartsContext parts = new();

    public async ValueTask DisposeAsync() => await parts.DisposeAsync();

    [Fact]
    public void A_suggestion_tells_how_often_it_worked_and_what_it_would_change_here()
    {
        RepairRule? applied = null;
        var fix = parts.Render<SuggestedFix>(p => p
            .Add(f => f.Fix, new RepairSuggestion(Rule, new RepairUse(Rule.ToString(), 2, 1, "Ida", PartsContext.Noon), Item(1), 214, More: false))
            .Add(f => f.OnApply, EventCallback.Factory.Create<RepairRule>(this, rule => applied = rule)));
        Assert.Contains("used 2 times, worked once", fix.Markup);
        Assert.Contains("214 payloads", fix.Markup);
        Assert.Contains("Preview 214 differences", fix.Markup);
        Assert.Contains("\"B\"", fix.Find(".add").TextContent);
        fix.Find("[data-ct=fix-apply]").Click();
        Assert.Equal(Rule, applied);
    }

    [Fact]
    public void Without_anything_that_helped_before_nothing_is_suggested() => Assert.Empty(parts.Render<SuggestedFix>().Markup.Trim());

    [Fact]
    public void A_rule_is_applied_only_after_its_preview_and_with_a_reason()
    {
        RuleAsked? applied = null;
        var (provider, dialog) = Dialog(null, asked => applied = asked);
        Assert.True(provider.Find("[data-ct=rule-apply]").HasAttribute("disabled"));

        var preview = new RulePreview(Rule, [Item(1), new RepairItem(2, "NL-2", 0, RepairVerdict.Unchanged, [], null), new RepairItem(3, "NL-3", 0, RepairVerdict.LeftOut, [], "The case is closed.")]);
        dialog.Render(p => p.Add(d => d.Preview, preview));
        Assert.Contains("1 changed · 1 unchanged · 1 left out", provider.Find("[data-ct=rule-counts]").TextContent);
        Assert.Contains("The case is closed.", provider.Find("[data-ct=rule-items]").TextContent);
        provider.Find("[data-ct=rule-apply]").Click();
        Assert.Null(applied);
        Assert.NotNull(provider.Find("#rule-no-reason"));
        provider.Find("[data-ct=rule-reason]").Input("renamed there");
        provider.Find("[data-ct=rule-apply]").Click();
        Assert.Equal(new RuleAsked(preview, "renamed there", Plan: null), applied);
    }

    [Fact]
    public void A_rule_that_changes_more_than_one_case_goes_out_by_a_plan_and_not_by_one_that_cannot_be_carried_out()
    {
        RuleAsked? applied = null;
        var (provider, _) = Dialog(new RulePreview(Rule, [Item(1), Item(2), Item(3)]), asked => applied = asked);
        provider.Find("[data-ct=rule-reason]").Input("renamed there");
        provider.Find("[data-ct=stages]").Input("1, x");
        Assert.True(provider.Find("[data-ct=rule-apply]").HasAttribute("disabled"));
        Assert.Contains("wrong", provider.Find("#stages-help").ClassName);
        provider.Find("[data-ct=stages]").Input("1, 2");
        Assert.Contains("2 stages", provider.Find("#stages-help").TextContent);
        provider.Find("[data-ct=rule-apply]").Click();
        Assert.Equal([1, 2], applied!.Plan!.Stages);
        Assert.Equal((BatchPlan.Standard.PerSecond, BatchPlan.Standard.FailureLimit), (applied.Plan.PerSecond, applied.Plan.FailureLimit));
    }

    [Theory]
    [InlineData("missing:bc-eu:unknown-tax-code:taxCode", "Set", "lines[*].taxes[*].code")]
    [InlineData("missing:bc-eu:unknown-item:lines..sku", "Map", "lines[*].sku")]
    public void The_form_begins_with_the_field_that_the_cause_names(string cause, string operation, string path)
    {
        var (provider, _) = Dialog(null, _ => { }, cause);
        Assert.Equal((operation, path), (provider.Find("[data-ct=rule-operation]").GetAttribute("value"), provider.Find("[data-ct=rule-path]").GetAttribute("value")));
    }

    [Fact]
    public void A_preview_of_another_rule_than_the_one_on_screen_is_not_shown_and_not_applied()
    {
        var applied = false;
        var (provider, _) = Dialog(new RulePreview(Rule, [Item(1)]), _ => applied = true);
        provider.Find("[data-ct=rule-reason]").Input("renamed there");
        provider.Find("[data-ct=rule-to]").Input("ANOTHER");
        Assert.Empty(provider.FindAll("[data-ct=rule-items]"));
        provider.Find("[data-ct=rule-apply]").Click();
        Assert.False(applied);
    }

    [Fact]
    public void What_is_no_rule_is_told_and_not_previewed()
    {
        var (provider, _) = Dialog(null, _ => { });
        provider.Find("[data-ct=rule-form]").Submit();
        Assert.Contains("which value is to be changed", provider.Find("[data-ct=rule-wrong]").TextContent);
    }

    [Fact]
    public void The_form_offers_no_field_that_says_which_order_it_is_or_who_bought_it()
    {
        var (provider, _) = Dialog(null, _ => { });
        var offered = provider.FindAll("[data-ct=rule-path] option").Select(o => o.TextContent).ToList();
        Assert.Contains("lines[*].taxes[*].code", offered);
        Assert.DoesNotContain(offered, path => path.StartsWith("key", StringComparison.Ordinal) || path is "name" or "currency" or "lines[*].id" or "buyer.email" or "buyer.name");
    }

    [Fact]
    public void Hostile_values_are_shown_as_text()
    {
        var list = parts.Render<ChangeList>(p => p.Add(c => c.Changes, [new FieldChange("lines[0].title", "\"<img src=x onerror=alert(1)>\"", "\"<script>\"")]));
        Assert.Empty(list.FindAll("img, script"));
    }

    private static RepairItem Item(long id) => new(id, $"NL-{id}", 0, RepairVerdict.Changed, [new FieldChange("lines[0].sku", "\"A\"", "\"B\"")], null);

    private (IRenderedComponent<MudDialogProvider> Provider, IRenderedComponent<RuleDialog> Dialog) Dialog(RulePreview? preview, Action<RuleAsked> apply, string cause = "")
    {
        var provider = parts.Render<MudDialogProvider>();
        var dialog = parts.Render<RuleDialog>(p => p.Add(d => d.Set, new RuleSet([1, 2, 3], Ticked: false, cause)).Add(d => d.Preview, preview)
            .Add(d => d.OnApply, EventCallback.Factory.Create(this, apply)));
        return (provider, dialog);
    }
}
