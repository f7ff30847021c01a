namespace ControlTower.Web.Shared;

/// <summary>Every address of the interface. Pages, the navigation and the palette take them from here.</summary>
public static partial class Links
{
    public const string Overview = "/";
    public const string Exceptions = "/exceptions";
    public const string Orders = "/orders";
    public const string Connections = "/connections";
    public const string Operations = "/operations";
    public const string Admin = "/admin";
    public const string SignIn = "/sign-in";
    public const string SignOut = "/account/sign-out";
    public const string Setup = "/setup";

    /// <summary>The way to the authority that vouches for people.</summary>
    public const string Continue = "/account/continue";

    /// <summary>The way to the authority for somebody who is signed in and has to show anew that it is them.</summary>
    public const string Prove = "/account/prove";
    /// <summary>The second half of a sign-in.</summary>
    public const string Code = "/sign-in/code";
    public const string Sessions = "/admin/sessions";
    public const string Proven = "/account/proven";

    public static string SignInFor(string returnUrl) => $"{SignIn}?returnUrl={Uri.EscapeDataString(returnUrl)}";

    public static string CodeFor(string? returnUrl) => returnUrl is null ? Code : $"{Code}?returnUrl={Uri.EscapeDataString(returnUrl)}";

    public static string SessionsOf(Guid person) => $"{Sessions}?person={person}";

    public static string ContinueTo(string? returnUrl) => returnUrl is null ? Continue : $"{Continue}?returnUrl={Uri.EscapeDataString(returnUrl)}";

    /// <summary>The sign-in page, saying why the authority's word did not open the tower.</summary>
    public static string SignInTrouble(string trouble) => $"{SignIn}?trouble={trouble}";
}
