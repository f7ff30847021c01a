using ControlTower.Sync.Connectors;
using ControlTower.Web.Pages.Connections;
using Xunit;

namespace ControlTower.Tests.Web.Connections;

public sealed class ConnectorAbilityTests
{
    [Fact]
    public void Every_connector_says_of_itself_what_it_can_without_any_setting()
    {
        var words = ConnectorCatalog.Standard().All.ToDictionary(c => c.Kind, c => ConnectorAbilities.All.ToDictionary(ability => ability.Name, ability => ability.Of(c)));

        Assert.Contains("orders", words["shopify"]["Reads"], StringComparison.Ordinal);
        Assert.Contains("compare at", words["shopify"]["Shows promotions"], StringComparison.Ordinal);
        Assert.Equal("yes", words["business-central"]["Books journals"]);
        Assert.Equal("statements", words["bank"]["Takes files"]);
        Assert.Null(words["business-central"]["Is told stock"]);
        Assert.Null(words["poslog"]["Reads"]);
    }
}
