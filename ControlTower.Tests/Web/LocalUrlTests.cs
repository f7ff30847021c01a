using ControlTower.Web.Auth;
using Xunit;

namespace ControlTower.Tests.Web;

public sealed class LocalUrlTests
{
    [Theory]
    [InlineData("/orders")]
    [InlineData("/orders/42")]
    [InlineData("/orders/42?view=table&sel=call-7#raw")]
    [InlineData("/connections/shopify-eu/edit")]
    [InlineData("/orders?q=https://shop.example//x&from=%2F%2Fhost")]
    [InlineData("/hangfire/")]
    public void A_path_of_ours_is_kept(string url) => Assert.Equal(url, LocalUrl.Or(url, "/home"));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("orders")]
    [InlineData("//host")]
    [InlineData("///host")]
    [InlineData("/\\host")]
    [InlineData("\\\\host")]
    [InlineData("/.//host")]
    [InlineData("/..//host")]
    [InlineData("/./\\host")]
    [InlineData("/x/..//host")]
    [InlineData("/x/.././/host")]
    [InlineData("/x\\..\\\\host")]
    [InlineData("/orders//host")]
    [InlineData("/%2e//host")]
    [InlineData("/%2e%2e/%2fhost")]
    [InlineData("/%2f/host")]
    [InlineData("/%2fhost")]
    [InlineData("/%5chost")]
    [InlineData("/%5c%5chost")]
    [InlineData("/%252f/host")]
    [InlineData("/%09/host")]
    [InlineData("/\t/host")]
    [InlineData("/\u0000/host")]
    [InlineData("/orders\r\nSet-Cookie: x")]
    [InlineData("/orders?q=\r\nx")]
    [InlineData("/\u00a0/host")]
    [InlineData("/\uff0f/host")]
    [InlineData("/\u2215host")]
    [InlineData("/@host")]
    [InlineData("/;//host")]
    [InlineData("/orders?q=\ud800")]
    [InlineData("/orders?q=\u00e4")]
    [InlineData("?//host")]
    [InlineData("#//host")]
    [InlineData("https://host/")]
    [InlineData("http:host")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("/sign-in")]
    [InlineData("/SIGN-IN?returnUrl=/sign-in")]
    [InlineData("/account/sign-out")]
    public void Anything_else_leads_to_the_start(string? url) => Assert.Equal("/home", LocalUrl.Or(url, "/home"));

    [Fact]
    public void What_is_too_long_to_be_one_of_ours_leads_to_the_start() => Assert.Equal("/home", LocalUrl.Or("/orders?q=" + new string('x', 2000), "/home"));
}
