title = “Area”
unit = ‘m²’
factor = 2
