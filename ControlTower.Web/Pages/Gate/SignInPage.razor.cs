using ControlTower.Data.Db;
using ControlTower.Web.Auth;
using ControlTower.Web.Auth.Authorities;
using ControlTower.Web.Auth.Factors;
using ControlTower.Web.Hosting;
using ControlTower.Web.Layout;
using ControlTower.Web.Pages.Start;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Gate;

/// <summary>What the sign-in form sends.</summary>
public sealed class SignInForm
{
    public string? Email { get; set; }

    public string? Password { get; set; }
}

/// <summary>A static page, because a live circuit cannot set cookies.</summary>
public sealed partial class SignInPage : ComponentBase
{
    private bool allowed;
    private HealthStatus ready;
    private bool failed;
    private string wrongTitle = "";
    private string wrongText = "";

    [SupplyParameterFromForm(FormName = "sign-in")]
    private SignInForm? Form { get; set; }

    [SupplyParameterFromQuery]
    private string? ReturnUrl { get; set; }

    [SupplyParameterFromQuery]
    private string? Left { get; set; }

    [SupplyParameterFromQuery]
    private string? Trouble { get; set; }

    [CascadingParameter]
    private HttpContext Http { get; set; } = default!;

    [Inject]
    private HomeDoor Home { get; set; } = default!;

    [Inject]
    private SignInDesk Desk { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IOptions<TowerOptions> Options { get; set; } = default!;

    [Inject]
    private IOptions<AuthOptions> SignIn { get; set; } = default!;

    [Inject]
    private ReadyProbe Ready { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    private (Status Status, string Word) State => ready switch
    {
        HealthStatus.Healthy => (Status.Ok, "all services up"),
        HealthStatus.Degraded => (Status.Warn, "no worker runs"),
        _ => (Status.Bad, "not ready"),
    };

    private (string Title, string Text)? TroubleWords => Enum.TryParse<AuthorityTrouble>(Trouble, out var trouble) && Enum.IsDefined(trouble) ? AuthorityWords.Of(trouble, SignIn.Value) : null;

    private string? Notice => Left is not null ? "You are signed out." : ReturnUrl is not null ? "Sign in to go back to where you were." : null;

    protected override async Task OnInitializedAsync()
    {
        Form ??= new SignInForm();
        allowed = TowerCookies.Allowed(Http);
        // Why the authority's word was not taken is told to whoever is signed in, too.
        if (TroubleWords is null && SignedIn.From(Http.User) is { } person && HttpMethods.IsGet(Http.Request.Method))
        {
            Navigation.NavigateTo(LocalUrl.Or(ReturnUrl, await Home.OfAsync(person, Http.RequestAborted)));
            return;
        }

        ready = await Ready.StatusAsync();
    }

    private async Task SubmitAsync()
    {
        var (email, password) = (Form?.Email?.Trim() ?? "", Form?.Password ?? "");
        if (!allowed || !SignIn.Value.LocalSignIn)
            return;
        if (PersonRules.WrongEmail(email) is not null || password.Length is 0 or > PasswordRules.Most)
        {
            Fail("Fill in both fields.", "An e-mail address and a password of at most 128 characters.", StatusCodes.Status422UnprocessableEntity);
            return;
        }

        try
        {
            var result = await Desk.TryAsync(email, password, Addresses.Of(Http), Agents.Of(Http), Http.RequestAborted);
            if (result is { Session: { } session, Person: { } person })
                await EnterAsync(session, SignedIn.Of(person));
            else if (result.Step is { } step)
                AskForCode(step);
            else if (result.PausedUntil is { } until)
                Pause(until);
            else
                Fail("That e-mail and password do not match.", $"{Tries(result.TriesLeft)} left, then a pause of 15 minutes. Nothing else was changed.", StatusCodes.Status401Unauthorized);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            Fail("We cannot check that now.", "The database gives no answer. Try again in a moment.", StatusCodes.Status503ServiceUnavailable);
        }
    }

    private async Task EnterAsync(string session, SignedIn person)
    {
        await Http.SignInAsync(SignedIn.Scheme, person.Principal(session));
        Navigation.NavigateTo(LocalUrl.Or(ReturnUrl, await Home.OfAsync(person, Http.RequestAborted)));
    }

    private void AskForCode(string step)
    {
        StepCookie.Keep(Http, step);
        Navigation.NavigateTo(Links.CodeFor(ReturnUrl));
    }

    private void Pause(DateTimeOffset until)
    {
        Http.Response.Headers.RetryAfter = Math.Max(1, (int)(until - Clock.GetUtcNow()).TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Fail("Too many tries.", $"Wait {Say.Age(until - Clock.GetUtcNow() + TimeSpan.FromMinutes(1))}, then try again. An admin can give you a new link at once.",
            StatusCodes.Status429TooManyRequests);
    }

    private void Fail(string title, string text, int status) => (failed, wrongTitle, wrongText, Http.Response.StatusCode) = (true, title, text, status);

    private static string Tries(int left) => left == 1 ? "1 try" : FormattableString.Invariant($"{left} tries");
}
