namespace ControlTower.Simulator.Traffic;

/// <summary>A place that holds stock: a warehouse or a store. <paramref name="Code"/> is the ERP's location code (10 characters at most).</summary>
public sealed record Site(string Code, string Name, string Kind, Address Address);

/// <summary>A postal address. All of them are invented; telephone numbers are from ranges kept free for fiction where a country has one.</summary>
public sealed record Address(
    string FirstName, string LastName, string? Company, string Address1, string? Address2, string City,
    string? Province, string? ProvinceCode, string Zip, string Country, string CountryCode, string? Phone)
{
    public string Name => $"{FirstName} {LastName}".Trim();
}
