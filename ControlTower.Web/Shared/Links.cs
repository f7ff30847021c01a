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

    public static string SignInFor(string returnUrl) => $"{SignIn}?returnUrl={Uri.EscapeDataString(returnUrl)}";
}
