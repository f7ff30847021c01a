using ControlTower.Sync.Triage.Repair;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Triage.Repair;

public sealed class RuleTextTests
{
    private static readonly string[] Words = ["", "SKU-1", "a \"quoted\" one", "back\\slash", "comma, to \"x\"", "=1+1", "<b>", "ÄÖ", "to", "0.19"];

    [Fact]
    public void Every_rule_can_be_read_back_from_its_text()
    {
        var read = 0;
        Seeds.Run(5_000, seed =>
        {
            var random = new Random(seed);
            var operation = (RepairOperation)random.Next(4);
            var field = RepairRule.Offered[random.Next(RepairRule.Offered.Count)];
            var pairs = Enumerable.Range(0, operation is RepairOperation.Set or RepairOperation.Default ? 1 : random.Next(1, 4))
                .Select(_ => (operation is RepairOperation.Set or RepairOperation.Default ? "" : Words[random.Next(Words.Length)], Words[random.Next(Words.Length)])).ToList();
            if (RepairRule.Of(operation, field.Path, pairs).Rule is { } rule)
            {
                Interlocked.Increment(ref read);
                Assert.Equal(rule, RuleText.Parse(rule.ToString()).Rule);
            }
        });

        Assert.True(read > 500);
    }

    [Fact]
    public void Whatever_is_typed_is_a_rule_or_is_told_in_words_why_not()
    {
        string[] parts = ["set", "map", "replace", "default", "to", "with", "lines[*].sku", "key.id", "buyer.email", "\"A\"", "\"B\"", ",", "\"", "\\", " ", "lines[*]", "7", "\0", "lines[*].quantity"];
        Seeds.Run(10_000, seed =>
        {
            var random = new Random(seed);
            var text = string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => parts[random.Next(parts.Length)] + (random.Next(3) > 0 ? " " : "")));
            var (rule, problem) = RuleText.Parse(text);
            Assert.NotEqual(rule is null, problem is null);
            Assert.False(rule is not null && OrderSchema.Find(rule.Path) is not { InRules: true }, text);
        });
    }

    [Theory]
    [InlineData("", "no rule yet")]
    [InlineData("drop lines[*].sku", "begins with set, map, replace or default")]
    [InlineData("3 lines[*].sku to \"A\"", "begins with set, map, replace or default")]
    [InlineData("set lines[*].colour to \"red\"", "has no field lines[*].colour")]
    [InlineData("set lines[*].taxCode to \"A\"", "has no field lines[*].taxCode")]
    [InlineData("set key.id to \"2\"", "cannot be changed: it says which order this is")]
    [InlineData("set tenders[*].amount to \"2\"", "cannot be changed: it is what the shop says of the payment")]
    [InlineData("set buyer.email to \"a@b.c\"", "is about one person")]
    [InlineData("set lines[*].unitPrice to \"much\"", "must be a number")]
    [InlineData("replace lines[*].unitPrice \"1\" with \"2\"", "is no text")]
    [InlineData("map lines[*].sku \"A\" to \"B\", \"A\" to \"C\"", "named twice")]
    [InlineData("map lines[*].sku \"\" to \"B\"", "which value is to be changed")]
    [InlineData("set lines[*].sku to \"A\" now", "nothing more may stand")]
    [InlineData("set lines[*].sku A", "to \"value\"")]
    [InlineData("set lines[*].sku to \"\"", "must not become empty")]
    public void What_is_no_rule_says_why(string text, string words) => Assert.Contains(words, RuleText.Parse(text).Problem);

    [Fact]
    public void A_difference_that_is_of_one_kind_is_a_rule_and_any_other_is_none()
    {
        Assert.Equal("map lines[*].sku \"A\" to \"B\", \"C\" to \"D\"",
            RepairRule.Of([new FieldChange("lines[0].sku", "\"A\"", "\"B\""), new FieldChange("lines[2].sku", "\"C\"", "\"D\""), new FieldChange("lines[3].sku", "\"A\"", "\"B\"")])!.ToString());
        Assert.Equal("default lines[*].taxes[*].code to \"VAT19\"", RepairRule.Of([new FieldChange("lines[0].taxes[0].code", null, "\"VAT19\"")])!.ToString());
        Assert.Null(RepairRule.Of([new FieldChange("lines[0].sku", "\"A\"", "\"B\""), new FieldChange("lines[1].sku", "\"A\"", "\"C\"")]));
        Assert.Null(RepairRule.Of([new FieldChange("lines[0].sku", "\"A\"", "\"B\""), new FieldChange("lines[0].title", "\"A\"", "\"B\"")]));
        Assert.Null(RepairRule.Of([new FieldChange("buyer.email", "\"A\"", "\"B\"")]));
        Assert.Null(RepairRule.Of([]));
    }
}
