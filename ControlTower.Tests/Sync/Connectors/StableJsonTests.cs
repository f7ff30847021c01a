using System.Text;
using System.Text.Json;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors;

public sealed class StableJsonTests
{
    [Fact]
    public void The_same_content_in_another_order_has_the_same_bytes()
        => Assert.Equal(Stable("""{"b":[{"id":"2"},{"id":"1"}],"a":1.50}"""), Stable("""{ "a": 1.50, "b": [ { "id": "1" }, { "id": "2" } ] }"""));

    [Fact]
    public void Text_that_is_no_valid_Unicode_is_kept_and_not_thrown_at()
    {
        var stable = Stable("""{"name":"\ud83d","id":"1"}""");
        Assert.Equal("""{"id":"1","name":"\ud83d"}""", stable);
    }

    private static string Stable(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Encoding.UTF8.GetString(StableJson.Of(document.RootElement));
    }
}
