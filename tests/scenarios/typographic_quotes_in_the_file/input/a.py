title = “Area”
unit = ‘m²’
factor = 1
