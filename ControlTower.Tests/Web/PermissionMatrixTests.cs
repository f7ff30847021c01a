using System.Net;
using System.Reflection;
using ControlTower.Tests.Support;
using ControlTower.Web;
using ControlTower.Web.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>
/// Every route, page, hub method and dashboard stands in Goldens/permission-matrix.tsv, with what an anonymous caller and the four roles get.
/// Anything that is not listed fails. Set CT_REWRITE_GOLDENS=1 to write the file anew, and review the difference.
/// </summary>
public sealed class PermissionMatrixTests
{
    private static readonly string[] Framework = ["_framework/", "_content/"];

    // The dashboard is one route to us; what it does to jobs it does behind these.
    private static readonly string[] DashboardActs = ["/hangfire/jobs/enqueued/delete", "/hangfire/jobs/failed/requeue", "/hangfire/recurring/trigger"];

    private static string Golden => Goldens.Path("permission-matrix.tsv");

    [Promise(20)]
    [Fact]
    public async Task Every_door_is_in_the_matrix_and_lets_in_exactly_whom_the_matrix_says()
    {
        await using var tower = await TestTower.StartAsync(settings: ["Tower:Roles=web"]);
        var clients = new List<HttpClient> { tower.Client() };
        foreach (var role in Roles.All)
            clients.Add(await tower.SignInAsAsync(role));

        var found = new List<string>();
        foreach (var (kind, method, pattern, policy) in Doors(tower))
        {
            var answers = new List<string>();
            foreach (var client in clients)
                answers.Add(await AnswerAsync(client, method, pattern));
            found.Add(string.Join('\t', [kind, method, pattern, policy, .. answers]));
        }

        foreach (var act in DashboardActs)
        {
            var answers = new List<string>();
            foreach (var client in clients)
            {
                // Whoever sees the page has its token; the others are refused for what they are, not for lacking it.
                await DashboardDoorTests.CarryTokenAsync(client);
                answers.Add(await AnswerAsync(client, "POST", act));
            }

            found.Add(string.Join('\t', ["dashboard", "POST", act, Permissions.JobsAdminister, .. answers]));
        }

        found.AddRange(HubMethods());
        clients.ForEach(client => client.Dispose());
        var lines = found.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Prepend("kind\tmethod\troute\tpermission\tanonymous\t" + string.Join('\t', Roles.All)).ToList();
        await Goldens.MatchAsync(Golden, lines);
    }

    [Promise(20)]
    [Fact]
    public async Task No_door_is_without_a_named_permission_or_an_open_word()
    {
        await using var tower = await TestTower.StartAsync();
        // The one exception is the framework's own door for assets that were added after the build: the fallback policy lets nobody in.
        Assert.Empty(Doors(tower).Where(door => door.Policy is "(none)" && door.Pattern != "/{**path:file}").Select(door => door.Pattern));
    }

    [Sabotage(20)]
    [Fact]
    public async Task P20_sabotage_one_door_whose_permission_was_taken_away_is_a_difference_to_the_matrix()
    {
        await using var tower = await TestTower.StartAsync(builder => builder.Services.PostConfigure<AuthorizationOptions>(
            options => options.AddPolicy(Permissions.JobsAdminister, policy => policy.RequireAuthenticatedUser())));
        using var executive = await tower.SignInAsAsync(Roles.Executive);
        await DashboardDoorTests.CarryTokenAsync(executive);

        foreach (var line in (await File.ReadAllLinesAsync(Golden)).Select(line => line.Split('\t')).Where(line => line[3] == Permissions.JobsAdminister))
        {
            Assert.Equal("refused", line[5 + Roles.All.ToList().IndexOf(Roles.Executive)]);
            Assert.Equal("in", await AnswerAsync(executive, line[1], line[2]));
        }
    }

    [Fact]
    public void Every_page_names_its_permission_or_says_that_it_is_open()
    {
        var silent = typeof(App).Assembly.GetTypes().Where(type => type.GetCustomAttributes<RouteAttribute>().Any())
            .Where(type => type.GetCustomAttribute<AllowAnonymousAttribute>() is null
                && !type.GetCustomAttributes<AuthorizeAttribute>().Any(attribute => Permissions.All.Contains(attribute.Policy ?? "", StringComparer.Ordinal)));
        Assert.Empty(silent.Select(type => type.Name));
    }

    [Fact]
    public void An_unknown_role_may_do_nothing()
    {
        Assert.All(Permissions.All, permission =>
        {
            Assert.False(Roles.May("Owner", finance: true, permission));
            Assert.False(Roles.May(null, finance: true, permission));
        });
        Assert.All(Permissions.All, permission => Assert.True(Roles.May(Roles.Admin, finance: false, permission)));
    }

    private static IEnumerable<(string Kind, string Method, string Pattern, string Policy)> Doors(TestTower tower)
    {
        foreach (var endpoint in tower.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            if (IsAsset(endpoint, pattern))
                continue; // Scripts, styles and fonts: open, and the same for everybody.
            var kind = endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Components.Endpoints.ComponentTypeMetadata>() is null ? "route" : "page";
            var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"];
            foreach (var method in methods)
                yield return (kind, method, pattern, PolicyOf(endpoint));
        }
    }

    private static bool IsAsset(RouteEndpoint endpoint, string pattern) =>
        endpoint.Metadata.Any(item => item.GetType().Name is "StaticAssetDescriptor") || Framework.Any(prefix => pattern.StartsWith("/" + prefix, StringComparison.Ordinal));

    private static string PolicyOf(RouteEndpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            return "open";
        var named = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(data => data.Policy).Where(policy => policy is not null).ToList();
        return named.Count == 0 ? "(none)" : string.Join('+', named.Distinct(StringComparer.Ordinal));
    }

    private static async Task<string> AnswerAsync(HttpClient client, string method, string pattern)
    {
        var path = Fill(pattern);
        using var request = new HttpRequestMessage(new HttpMethod(method == "*" ? "GET" : method), new Uri(path, UriKind.Relative));
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized when !path.StartsWith("/ingress", StringComparison.Ordinal) => "sign-in",
            HttpStatusCode.Redirect when answer.Headers.Location?.ToString().Contains("/sign-in", StringComparison.Ordinal) == true => "sign-in",
            HttpStatusCode.Forbidden => "refused",
            _ => "in",
        };
    }

    private static string Fill(string pattern) => string.Join('/', pattern.Split('/').Select(part =>
        !part.StartsWith('{') ? part : part.Contains(":file", StringComparison.Ordinal) ? "x.txt" : part.Contains(":int", StringComparison.Ordinal) ? "404" : part.Contains(":long", StringComparison.Ordinal) ? "1"
            : part.Contains(":guid", StringComparison.Ordinal) ? Guid.Empty.ToString() : "x"));

    private static IEnumerable<string> HubMethods() =>
        from hub in typeof(App).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Hub)) && !type.IsAbstract)
        from method in hub.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        where !method.IsSpecialName && method.GetBaseDefinition().DeclaringType == hub
        let data = method.GetCustomAttribute<AuthorizeAttribute>() ?? hub.GetCustomAttribute<AuthorizeAttribute>()
        let policy = data?.Policy ?? (hub.GetCustomAttribute<AllowAnonymousAttribute>() is null ? "(none)" : "open")
        select string.Join('\t', ["hub", "call", $"{hub.Name}.{method.Name}", policy, .. Walk(policy)]);

    private static IEnumerable<string> Walk(string policy) =>
        Roles.All.Select(role => policy == "open" || Roles.May(role, false, policy) ? "in" : "refused").Prepend(policy == "open" ? "in" : "sign-in");
}
