using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>Forms that are old, foreign, broken or huge: a person reads what happened and what to do, a program gets problem+json, and nothing is done.</summary>
public sealed class BadFormTests
{
    private const string Boundary = "b0undary";

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/setup")]
    [InlineData("/account/sign-out")]
    public async Task A_bad_form_is_answered_in_words_that_its_reader_understands(string path)
    {
        await using var tower = await TestTower.StartAsync();
        var person = await tower.PersonAsync(Roles.Operations);
        var link = await tower.Services.GetRequiredService<LinkStore>().IssueAsync(person.Id, TimeSpan.FromHours(1), Actor.Tower("test"));
        var page = path == "/setup" ? $"/setup?code={link}" : path;
        var wrong = new List<string>();
        foreach (var html in (bool[])[true, false])
        {
            // Large bodies are announced, as browsers' uploads and curl do: the server's word comes first.
            using var client = path.StartsWith("/account", StringComparison.Ordinal) ? await tower.SignInAsync(person, html) : tower.Client(html);
            using var stranger = tower.Client();
            var source = path.StartsWith("/account", StringComparison.Ordinal) ? "/" : page;
            var (own, foreign) = (await TestTower.FormTokenAsync(client, source), await TestTower.FormTokenAsync(stranger, "/sign-in"));
            foreach (var (name, make) in Forms(path.Trim('/'), own, foreign))
            {
                using var request = make();
                request.RequestUri = new Uri(page, UriKind.Relative);
                request.Headers.ExpectContinue = request.Content?.Headers.ContentLength > 100_000;
                using var answer = await client.SendAsync(request);
                var body = await answer.Content.ReadAsStringAsync();
                if (Fault(answer, body, html) is { } fault)
                    wrong.Add($"{name}, {(html ? "browser" : "program")}: {fault}");
            }
        }

        Assert.Empty(wrong);
        Assert.Empty(tower.Log.Errors);
    }

    [Theory]
    [InlineData("Form.Email=%C3%A4da%40test.example&Form.Password=a+quiet+brown+harbour", HttpStatusCode.UnprocessableEntity)]
    [InlineData("Form.Email=%ED%A0%80%40test.example&Form.Password=a+quiet+brown+harbour", HttpStatusCode.Unauthorized)]
    [InlineData("Form.Email=ada%40test.example&Form.Password=%ED%A0%80%ED%A0%80%FF%FE", HttpStatusCode.Unauthorized)]
    [InlineData("Form.Email=&Form.Password=", HttpStatusCode.UnprocessableEntity)]
    [InlineData("Form.Email=ada%40test.example", HttpStatusCode.UnprocessableEntity)]
    [InlineData("Form.Email=ada%40test.example&Form.Email=bob%40test.example&Form.Password=x", HttpStatusCode.Unauthorized)]
    [InlineData("Form.Email.X=ada%40test.example&Form%5B0%5D=1&Form=2&Form.Password=x", HttpStatusCode.UnprocessableEntity)]
    public async Task Values_that_nobody_can_type_are_refused_beside_the_form(string values, HttpStatusCode expected)
    {
        await using var tower = await TestTower.StartAsync();
        using var client = tower.Client(html: true);
        var token = await TestTower.FormTokenAsync(client, "/sign-in");
        using var form = new StringContent($"_handler=sign-in&__RequestVerificationToken={Uri.EscapeDataString(token)}&{values}", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var answer = await client.PostAsync(new Uri("/sign-in", UriKind.Relative), form);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.Equal(expected, answer.StatusCode);
        Assert.Contains("data-ct=\"wrong\"", body, StringComparison.Ordinal);
        Assert.Empty(tower.Log.Errors);
        Assert.Equal(0, await tower.Database.ScalarAsync<long>("select count(*) from account_session"));
    }

    [Fact]
    public async Task Nul_in_a_part_of_a_multipart_form_reaches_no_database()
    {
        await using var tower = await TestTower.StartAsync();
        using var client = tower.Client(html: true);
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in (IEnumerable<(string, string)>)[("_handler", "sign-in"), ("__RequestVerificationToken", await TestTower.FormTokenAsync(client, "/sign-in")), ("Form.Email", "ada\0@test.example"), ("Form.Password", "a\0b\0c")])
            form.Add(new StringContent(value), name);
        using var answer = await client.PostAsync(new Uri("/sign-in", UriKind.Relative), form);
        Assert.InRange((int)answer.StatusCode, 400, 422);
        Assert.Contains("<h1", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(tower.Log.Errors);
    }

    [Theory]
    [InlineData("text/html", "text/html")]
    [InlineData("application/json", "application/problem+json")]
    public async Task An_old_form_says_that_the_page_is_to_be_loaded_again(string accept, string shape)
    {
        await using var tower = await TestTower.StartAsync();
        using var client = tower.Client();
        client.DefaultRequestHeaders.Accept.ParseAdd(accept);
        using var form = new FormUrlEncodedContent([new("_handler", "sign-in"), new("Form.Email", "ada@test.example"), new("Form.Password", "whatever it was")]);
        using var answer = await client.PostAsync(new Uri("/sign-in", UriKind.Relative), form);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode.BadRequest, shape), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains("Load the page again", body, StringComparison.Ordinal);
    }

    private static string? Fault(HttpResponseMessage answer, string body, bool html) =>
        (int)answer.StatusCode is < 400 or >= 500 ? $"answered {(int)answer.StatusCode}"
        : answer.Content.Headers.ContentType?.MediaType != (html ? "text/html" : "application/problem+json") ? $"answered {(int)answer.StatusCode} as {answer.Content.Headers.ContentType}, {body.Length} characters: {body[..Math.Min(80, body.Length)]}"
        : !body.Contains(html ? "<h1" : "\"detail\":\"", StringComparison.Ordinal) ? "no words"
        : body.Contains("   at ", StringComparison.Ordinal) || body.Contains("Exception", StringComparison.Ordinal) ? "a stack trace"
        : body.Length > 20_000 ? $"{body.Length} characters"
        : null;

    private static IEnumerable<(string Name, Func<HttpRequestMessage> Make)> Forms(string handler, string own, string foreign)
    {
        var field = $"_handler={handler}&__RequestVerificationToken={Uri.EscapeDataString(own)}";
        yield return ("JSON", () => Post("""{"email":"a"}""", "application/json"));
        yield return ("JSON with a good token in its header", () => Post("""{"email":"a"}""", "application/json", own));
        yield return ("no content at all", () => new HttpRequestMessage(HttpMethod.Post, (Uri?)null));
        yield return ("no token", () => Post($"_handler={handler}&Form.Email=a", "application/x-www-form-urlencoded"));
        yield return ("a garbage token", () => Post($"_handler={handler}&__RequestVerificationToken=%00%FFgarbage", "application/x-www-form-urlencoded"));
        yield return ("somebody else's token", () => Post($"_handler={handler}&__RequestVerificationToken={Uri.EscapeDataString(foreign)}", "application/x-www-form-urlencoded"));
        yield return ("garbage multipart", () => Post("--x\r\nno form at all", $"multipart/form-data; boundary={Boundary}"));
        yield return ("garbage multipart with a good token in its header", () => Post($"--{Boundary}\r\nno form at all", $"multipart/form-data; boundary={Boundary}", own));
        yield return ("multipart without a boundary", () => Post("--x\r\n", "multipart/form-data", own));
        yield return ("a huge boundary", () => Post("--x\r\n", $"multipart/form-data; boundary={new string('x', 2000)}", own));
        yield return ("an unknown content type", () => Post(field, "application/xml", own));
        yield return ("too many keys", () => Post(field + string.Concat(Enumerable.Range(0, 1500).Select(i => $"&k{i}=1")), "application/x-www-form-urlencoded"));
        yield return ("too long a key", () => Post($"{field}&{new string('k', 3000)}=1", "application/x-www-form-urlencoded", handler == "account/sign-out" ? null : own));
        yield return ("NUL in a value", () => Post(field + "&Form.Email=ada%00%40test.example&Form.Password=x", "application/x-www-form-urlencoded"));
        yield return ("two megabytes", () => Post($"{field}&Form.Email={new string('e', 2_000_000)}", "application/x-www-form-urlencoded"));
        yield return ("half a megabyte", () => Post($"{field}&Form.Email={new string('e', 500_000)}", "application/x-www-form-urlencoded"));
        if (handler == "account/sign-out")
            yield break; // It has one form, without a name.
        yield return ("a good token and no form", () => Post("", "application/x-www-form-urlencoded", own));
        yield return ("no form's name", () => Post($"__RequestVerificationToken={Uri.EscapeDataString(own)}", "application/x-www-form-urlencoded"));
        yield return ("an unknown form's name", () => Post($"_handler=%3Cscript%3E&__RequestVerificationToken={Uri.EscapeDataString(own)}", "application/x-www-form-urlencoded"));
        yield return ("two names of forms", () => Post($"{field}&_handler=other", "application/x-www-form-urlencoded"));
    }

    private static HttpRequestMessage Post(string body, string type, string? token = null)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        var request = new HttpRequestMessage(HttpMethod.Post, (Uri?)null) { Content = content };
        if (token is not null)
            request.Headers.Add("RequestVerificationToken", token);
        return request;
    }
}
