using System.Net;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>A method that an address does not take is told so, with those it takes; what is at no address stays a question of who asks.</summary>
public sealed class MethodTests
{
    [Theory]
    [InlineData("DELETE", "/sign-in", "GET, HEAD, POST")]
    [InlineData("PUT", "/ingress/x/y", "POST")]
    [InlineData("GET", "/ingress/x/y", "POST")]
    [InlineData("POST", "/orders", "GET, HEAD")]
    [InlineData("POST", "/status/404", "GET, HEAD")]
    [InlineData("DELETE", "/orders/1", "GET, HEAD")]
    [InlineData("OPTIONS", "/sign-in", "GET, HEAD, POST")]
    [InlineData("TRACE", "/orders", "GET, HEAD")]
    [InlineData("QUERY", "/", "GET, HEAD")]
    [InlineData("POST", "/theme.css", "GET, HEAD")]
    [InlineData("PATCH", "/health/live", "GET, HEAD")]
    [InlineData("GET", "/account/sign-out", "POST")]
    public async Task A_method_that_an_address_does_not_take_is_refused_with_those_it_takes(string method, string path, string allowed)
    {
        await using var tower = await TestTower.StartAsync();
        foreach (var html in (bool[])[true, false])
        {
            using var stranger = tower.Client(html);
            using var person = await tower.SignInAsAsync(Roles.Admin, html: html);
            foreach (var client in (HttpClient[])[stranger, person])
            {
                using var answer = await SendAsync(client, method, path);
                Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
                Assert.Equal(allowed, string.Join(", ", answer.Content.Headers.Allow.Order(StringComparer.Ordinal)));
                var isPage = html && !path.StartsWith("/ingress", StringComparison.Ordinal) && !path.StartsWith("/health", StringComparison.Ordinal);
                Assert.Equal(isPage ? "text/html" : "application/problem+json", answer.Content.Headers.ContentType?.MediaType);
                Assert.Contains("Method not allowed", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("GET", "/nothing/here")]
    [InlineData("DELETE", "/nothing/here")]
    [InlineData("TRACE", "/nothing")]
    [InlineData("POST", "/orders/1/nothing")]
    public async Task Where_nothing_is_a_stranger_is_asked_to_sign_in_and_a_person_is_told(string method, string path)
    {
        await using var tower = await TestTower.StartAsync();
        using var stranger = tower.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(stranger, method, path)).StatusCode);
        using var browser = tower.Client(html: true);
        Assert.Equal(HttpStatusCode.Redirect, (await SendAsync(browser, method, path)).StatusCode);
        foreach (var role in Roles.All)
        {
            using var person = await tower.SignInAsAsync(role, html: true);
            using var answer = await SendAsync(person, method, path);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Contains("Not found", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/health/live")]
    [InlineData("/theme.css")]
    [InlineData("/favicon.svg")]
    public async Task Head_is_get_without_the_body(string path)
    {
        await using var tower = await TestTower.StartAsync();
        using var client = tower.Client();
        using var answer = await SendAsync(client, "HEAD", path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        return await client.SendAsync(request);
    }
}
